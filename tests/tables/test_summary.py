from __future__ import annotations

from zsbench.tables.summary import has_ours, summary
from zsbench.tables.table import Column, Table


def table(*verdicts):
    return Table("T", (Column("x"), Column("verdict")), tuple((1, verdict) for verdict in verdicts))


def test_cells_are_counted_by_outcome_and_over_all_tables():
    made = {
        "a": table("inside", "within 0.03", "outside by +0.1", "missing: not scored"),
        "b": table("nothing published", "not comparable: so", "inside"),
    }
    first, second, both = summary(made).records()
    counted = {"cells": 4, "agree": 2, "disagree": 1, "missing": 1, "not comparable": 0, "nothing published": 0}
    assert first == {"table": "a", **counted, "title": "T"}
    assert second["not comparable"] == second["nothing published"] == second["agree"] == 1
    assert (both["table"], both["cells"], both["agree"]) == ("all", 7, 3)


def test_a_table_has_ours_unless_all_is_missing_or_not_comparable():
    assert has_ours(table("missing: x", "nothing published"))
    assert has_ours(table("outside by -1.0"))
    assert not has_ours(table("missing: x", "not comparable: y"))
    assert not has_ours(table())
