from __future__ import annotations

import numpy as np
import pytest

from zsbench.errors import UsageError
from zsbench.stats.aggregate import borda
from zsbench.tables.aggregates import explained, parse_aggregate


def test_an_aggregate_is_named_by_its_method_and_parts_in_one_order():
    found = parse_aggregate(" Borda: zico, naswot ,zico")
    assert found.name == "borda:naswot,zico"
    assert found.of == ("naswot", "zico")
    assert found.is_aggregate
    scores = np.array([[1.0, 2, 3], [3, 1, 2]])
    assert found.score(*scores).tolist() == borda(*scores).tolist()


def test_wildcards_and_families_stand_for_proxies_but_not_for_aggregates():
    assert set(parse_aggregate("vote:family:gradient").of) >= {"snip", "synflow"}
    assert "te_nas" not in parse_aggregate("borda:all").of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("brda:zico,naswot", "unknown way to aggregate 'brda'"),
        ("borda", "lacks the proxies"),
        ("borda:", "lacks the proxies"),
        ("borda:zico", "fewer than two"),
        ("borda:zico,zico", "fewer than two"),
        ("borda:zico,nasswot", "unknown proxy 'nasswot'"),
        ("borda:te_nas,zico", "te_nas is an aggregate itself"),
    ],
)
def test_what_is_no_aggregate_is_a_usage_error_with_a_hint(text, words):
    with pytest.raises(UsageError, match=words) as caught:
        parse_aggregate(text)
    assert caught.value.hint


def test_people_read_what_an_aggregate_is():
    (said,) = explained([parse_aggregate("log-rank:zico,naswot"), parse_aggregate("vote:zico,naswot,snip")])
    assert "log-rank: sum of the logarithms" in said
    assert "vote: networks beaten" in said
    assert "borda" not in said
    assert explained([]) == []
