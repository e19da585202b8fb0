"""Tables of the page: what is a number, how it sorts, what is best, what is left out."""

from __future__ import annotations

import math

import pytest

from zsbench.report.sheet import sheet
from zsbench.tables import Column, Table


def of(*cells, **column):
    """The sheet of one column beside names."""
    rows = tuple((f"r{place}", cell) for place, cell in enumerate(cells))
    return sheet(Table("title", (Column("proxy"), Column("x", **column)), rows), "id")


@pytest.mark.parametrize(
    ("cells", "right", "by_number"),
    [
        ((0.5, -0.25), True, True),
        ((3, None), True, True),
        (("[0.1,0.2]", None), True, True),
        (("<0.001", "0.045"), True, True),
        (("0.455 apd", "0.58 zico2023, 0.6 apd"), False, True),
        (("within 0.03", "inside"), False, False),
        (("2026-11-22 19:30", "2026-11-23 10:00"), False, False),
        (("9112abc9fa8c", "75e24851c390"), False, False),
        (("0.72 / 0.70", "– / 0.70"), False, False),
    ],
    ids=str,
)
def test_what_goes_to_the_right_and_what_sorts_by_number(cells, right, by_number):
    head = of(*cells).heads[1]
    assert (head.right, head.by_number) == (right, by_number)


def test_minus_signs_are_true_ones_in_numbers_alone():
    texts = [row[1].text for row in of("[-0.2,-0.1]", "NAS-Bench-201", "1e-3", "-5").rows]
    assert texts == ["[−0.2,−0.1]", "NAS-Bench-201", "1e-3", "−5"]


def test_the_best_number_is_marked_and_so_is_whatever_reads_like_it():
    marked = [row[1].best for row in of(0.5014, 0.1, 0.5001, math.nan, digits=3, best="high").rows]
    assert marked == [True, False, False, False]
    assert [row[1].best for row in of(0.5004, 0.1, 0.5001, digits=2, best="high").rows] == [True, False, True]
    assert [row[1].best for row in of(2, 1, None, best="low").rows] == [False, True, False]


def test_where_all_are_alike_or_rows_do_not_compete_nothing_is_best():
    assert not any(row[1].best for row in of(1.0, 1.0, best="high").rows)
    assert not any(row[1].best for row in of(1.0, 2.0).rows)


def test_sorting_begins_with_the_best():
    assert of(1.0, 2.0, best="high").heads[1].falls
    assert of(1.0, 2.0).heads[1].falls
    assert not of(1.0, 2.0, best="low").heads[1].falls
    assert not of("a", "b").heads[1].falls


def test_empty_columns_places_and_families_are_left_out_and_other_columns_keep_their_cells():
    columns = (
        Column("#"),
        Column("proxy"),
        Column("family"),
        Column("empty"),
        Column("secret", human=False),
        Column("n"),
    )
    made = sheet(Table("", columns, ((1, "zico", "gradient", None, 5, 7), (2, "snip", "gradient", "", 6, 8))), "id")
    assert [head.name for head in made.heads] == ["proxy", "n"]
    assert [[cell.text for cell in row] for row in made.rows] == [["zico", "7"], ["snip", "8"]]


def test_what_is_missing_has_a_sign():
    assert [row[1].text for row in of(1, None, math.nan).rows] == ["1", "–", "–"]
