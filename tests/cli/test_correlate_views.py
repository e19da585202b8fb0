"""The other views of `zsbench correlate`, and what it makes of several conditions and proxies at once."""

from __future__ import annotations

import numpy as np
import pytest

import zsbench
from zsbench.cli.correlate import correlate
from zsbench.cli.output import Format
from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError, UsageError
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.stats.aggregate import borda
from zsbench.store import Writer, scores_folder

N = 400
NAMES = ("naswot", "snip", "synflow", "zen")


@pytest.fixture
def store(results):
    """Store made-up scores: naswot and snip each see the accuracy through a noise of their own, the others do not."""
    space = find_space("nb201")

    def save(conditions=None, names=NAMES, seed=0):
        sample = space.sample(N)
        place = np.argsort(np.argsort(space.truth("cifar10", "valid").values[sample])) / N
        generator = np.random.default_rng(seed)
        scores = []
        for index, quality in zip(map(int, sample), place, strict=True):
            for name in names:
                value = (quality if name in {"naswot", "snip"} else 0.0) + 0.3 * generator.normal()
                about = (index, space.arch(index), name, proxies()[name].version)
                scores.append(Score(*about, value=value, status=Status.OK, seconds=len(name) / 100))
        with Writer(scores_folder(results), Provenance()) as writer:
            writer.add("nb201", "cifar10", conditions or Conditions(), scores)

    return save


@pytest.fixture
def page(results, capsys):
    def run(**options):
        correlate(results=results, format=Format.MD, **options)
        return capsys.readouterr().out

    return run


def test_an_aggregate_ranks_by_several_proxies_and_can_be_compared_with(store, records, results):
    store()
    name = "borda:naswot,snip"
    found = {(r["proxy"], r["statistic"]): r for r in records(aggregate=[name], stat=["kendall"], against=name)}
    scores = zsbench.load_scores("nb201", wide=True, results=results)
    truth = find_space("nb201").truth("cifar10", "valid").values[scores["index"]]
    expected = zsbench.stats.kendall(borda(scores["naswot"].to_numpy(), scores["snip"].to_numpy()), truth)
    assert found[name, "kendall"]["value"] == pytest.approx(expected.value)
    assert found["snip", f"kendall-vs-{name}"]["value"] < 0
    frame = zsbench.correlate(aggregate=name, proxy="snip", stat="kendall", results=results)
    assert frame["proxy"].tolist() == [name, "snip"]


def test_the_best_proxies_are_chosen_and_judged_apart(store, records, page):
    store()
    single, pair = records(select=["borda:2"])
    assert (single["choice"], pair["choice"]) == ("best single", "borda:2")
    assert pair["chosen"] == "naswot 5, snip 5"
    assert pair["low"] < pair["value"] < pair["high"]
    assert pair["difference"] == pytest.approx(pair["value"] - single["value"])
    assert pair["p"] < 0.05
    assert (pair["n"], pair["folds"], single["difference"]) == (N, 5, None)
    text = page(select=["borda:2", "log-rank:3"])
    assert f"{N} networks on which each of these has a number" in text
    assert "| best single" in text
    assert "| log-rank:3" in text


def test_too_few_networks_to_choose_on_are_a_warning_unless_nothing_is_left(store, records, results, capsys):
    store()
    assert {r["regime"] for r in records(select=["borda:2"], regime=["all", "top20%"])} == {"all"}
    with pytest.raises(NothingToReportError, match="too few to choose"):
        correlate(results=results, select=["borda:2"], regime=["top20%"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"select": ["borda"]}, "lacks how many"),
        ({"select": ["borda:x"]}, "no number of proxies"),
        ({"select": ["borda:1"]}, "no number of proxies"),
        ({"select": ["borda:9"]}, "9 of 4 proxies"),
        ({"select": ["vote:2"]}, "takes too long"),
        ({"select": ["brda:2"]}, "unknown way to aggregate"),
        ({"select": ["borda:2"], "stat": ["p@5"]}, "no correlation|is a correlation"),
        ({"aggregate": ["borda:snip,nasswot"]}, "unknown proxy"),
        ({"against": "borda:snip"}, "fewer than two"),
        ({"bias": True, "matrix": True}, "--matrix and --bias exclude"),
        ({"mixed": True, "seeds": True}, "--mixed and --over-seeds exclude"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error_with_a_hint(store, results, options, words):
    store()
    with pytest.raises(UsageError, match=words) as caught:
        correlate(results=results, **options)
    assert caught.value.hint


def test_bias_sets_proxies_and_accuracy_against_what_the_space_states(store, records, page):
    store()
    found = {(r["proxy"], r["property"]): r["value"] for r in records(bias=True)}
    assert {name for _, name in found} >= {"params", "flops", "depth", "none", "nor_conv_3x3"}
    assert found["accuracy", "params"] > found["naswot", "params"] > 0.1
    assert abs(found["zen", "params"]) < 0.2
    assert "bias" in page(bias=True)


def test_several_conditions_are_told_apart_and_only_mixed_if_asked(store, records, page, results, capsys):
    store(names=("snip", "zen"))
    store(Conditions(seed=1), names=("snip",), seed=1)
    apart = page(stat=["kendall"])
    assert "regime all, seed 0" in apart
    assert "regime all, seed 1" in apart
    assert "snip [" not in apart
    mixed = page(stat=["kendall"], mixed=True)
    assert mixed.count("### nb201") == 1
    assert "snip \\[seed 0]" in mixed or "snip [seed 0]" in mixed
    assert {r["proxy"] for r in records(stat=["kendall"], mixed=True)} == {"snip [seed 0]", "snip [seed 1]", "zen"}
    assert len({r["conditions"] for r in records(stat=["kendall"], mixed=True, proxy=["snip"])}) == 2
    correlate(results=results, format=Format.JSON)
    assert "--mixed" in capsys.readouterr().err
    with pytest.raises(UsageError, match="several conditions"):
        correlate(results=results, mixed=True, against="snip")


def test_a_table_of_one_set_says_nothing_of_mixing(store, results, capsys):
    store()
    correlate(results=results, format=Format.JSON)
    assert "--mixed" not in capsys.readouterr().err


def test_cost_comes_beside_the_ranking(store, records, page):
    store()
    found = {r["proxy"]: r for r in records(stat=["kendall"], with_cost=True)}
    assert found["synflow"]["seconds"] == pytest.approx(0.07)
    assert found["synflow"]["pareto"] is False
    assert "ms/network" in page(with_cost=True)
    assert "Pareto" not in page()


def test_a_target_that_does_not_exist_is_answered_with_those_that_do(store, results):
    store()
    with pytest.raises(UsageError) as caught:
        correlate(results=results, target="vlid")
    assert "did you mean valid" in caught.value.hint
    assert "installed: valid" in caught.value.hint
