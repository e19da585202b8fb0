"""Three layers on scores made up to move by known amounts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from making import HERE, baseline_of, stored

from zsbench.checks import Layer, NewScores, Verdict, judge
from zsbench.checks.pairing import pair, runs_of
from zsbench.checks.ranks import FEWEST, mean, p_of, tau
from zsbench.errors import NothingToReportError
from zsbench.evidence import LossGradients
from zsbench.registry import Proxy
from zsbench.score import Status
from zsbench.stats import kendall

N = 30


def proxy(name, **options):
    header = {"higher_is_better": True, "family": "f", "criterion": "", "cite": "", "version": 1, "of": ()}
    return Proxy(name=name, score=lambda x: x, needs=(LossGradients(),), experimental="", **(header | options))


def noisy(generator, quality, noise, seeds=3):
    """Return (S, n) scores that share `quality` and have seed noise of their own."""
    return quality + noise * generator.standard_normal((seeds, len(quality)))


@pytest.fixture
def generator():
    return np.random.default_rng(5)


@pytest.fixture
def quality(generator):
    return generator.standard_normal(N)


def report(old, new, truth=None, proxies=None, provenance=HERE, **options):
    known = proxies or {name: proxy(name) for name in old}
    return judge(baseline_of(old, truth), NewScores(stored(new, **options), provenance), known)


def verdicts(found, name="p"):
    return [row.verdict for row in found.of(name)]


def test_the_same_scores_are_the_same_in_every_layer(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    found = report(old, old, list(quality))
    assert verdicts(found) == [Verdict.SAME] * 3
    assert not found.failed(strict=True)
    assert found.of("p")[0].why == "equal, bit for bit"


def test_rounding_is_no_difference_and_makes_no_new_ranking_of_near_ties():
    old = {"p": np.array([[1.0, 1.0 + 1e-7, 1.0 + 2e-7, 1.0 + 3e-7, 2.0]] * 2)}
    new = {"p": old["p"] + 1e-6 * np.array([4, 3, 2, 1, 0])}
    found = report(old, new)
    assert verdicts(found)[:2] == [Verdict.SAME] * 2
    assert found.of("p")[1].now == 1.0
    assert found.of("p")[0].why == "equal but for rounding"


def test_the_tolerance_is_the_one_that_the_proxy_declares(generator, quality):
    old = {"p": 10 + noisy(generator, quality, 0.5)}
    new = {"p": old["p"] * (1 + 1e-3)}
    assert verdicts(report(old, new))[0] is Verdict.MOVED
    assert verdicts(report(old, new, proxies={"p": proxy("p", rtol=1e-2)}))[0] is Verdict.SAME


def test_a_value_near_zero_is_judged_by_the_size_of_the_others():
    old = {"p": np.array([[1e-9, 5.0, 6.0, 7.0, 8.0]] * 2)}
    new = {"p": np.array([[3e-9, 5.0, 6.0, 7.0, 8.0]] * 2)}
    assert verdicts(report(old, new))[0] is Verdict.SAME


@pytest.mark.parametrize(("networks", "by", "moved"), [(1, 0.01, False), (20, 0.01, True), (1, 5.0, True)])
def test_a_few_networks_may_stand_on_an_edge_but_not_many_nor_far(networks, by, moved, generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    new = {"p": old["p"].copy()}
    new["p"][:, :networks] += by
    found = report(old, new, list(quality))
    assert verdicts(found) == [Verdict.MOVED if moved else Verdict.SAME, Verdict.SAME, Verdict.SAME]
    assert found.failed() is moved
    assert found.failed(strict=True)
    assert not found.failed(gate=Layer.RANKS)
    if not moved:
        assert found.remarks[0].text == "equal but for rounding; 3 of 90 scores stand on an edge"


def test_what_another_seed_would_do_is_no_new_ranking_but_more_is(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    redrawn = {"p": noisy(generator, quality, 0.5)}
    assert verdicts(report(old, redrawn, list(quality))) == [Verdict.MOVED, Verdict.SAME, Verdict.SAME]
    other = {"p": noisy(generator, generator.standard_normal(N), 0.5)}
    assert verdicts(report(old, other))[:2] == [Verdict.MOVED] * 2


def test_a_ranking_upside_down_is_called_so_and_is_less_useful(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    found = report(old, {"p": -old["p"]}, list(quality))
    assert verdicts(found) == [Verdict.MOVED] * 3
    assert "upside down" in found.of("p")[1].why
    assert found.of("p")[2].why == "it ranks good networks worse than before"
    assert found.of("p")[2].now == pytest.approx(-found.of("p")[2].before)


def test_a_direction_turned_round_moves_though_no_number_did(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    found = report(old, old, list(quality), proxies={"p": proxy("p", higher_is_better=False)})
    assert verdicts(found) == [Verdict.MOVED] * 3
    assert "direction" in found.of("p")[0].why


def test_what_no_seed_moves_may_not_move_at_all():
    old = {"p": np.tile(np.arange(8.0), (3, 1))}
    swapped = {"p": np.tile([0.0, 1, 2, 3, 4, 5, 7, 6], (3, 1))}
    assert verdicts(report(old, swapped))[1] is Verdict.MOVED
    assert verdicts(report(old, old))[1] is Verdict.SAME


def test_a_proxy_that_became_constant_or_lost_all_numbers_moved(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    constant = report(old, {"p": np.ones((3, N))})
    assert verdicts(constant)[:2] == [Verdict.MOVED] * 2
    assert constant.of("p")[1].why == "every network has the same score now"
    few = report({"p": old["p"][:, :5]}, {"p": np.ones((3, 5))})
    assert few.of("p")[1].verdict is Verdict.MOVED, "that is certain even of a few"
    lost = report(old, {"p": np.full((3, N), np.nan)})
    assert verdicts(lost)[:2] == [Verdict.MOVED] * 2
    assert "has none now" in lost.of("p")[0].why


def test_statuses_that_changed_are_told_and_fail_only_when_strict(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    new = {"p": old["p"].copy()}
    new["p"][0, :2] = np.nan
    found = report(old, new)
    assert found.remarks[0].text == "statuses changed: ok -> nan of 2 scores"
    assert (found.failed(), found.failed(strict=True)) == (False, True)
    degenerate = report(old, old, statuses={("p", 0, 4): Status.DEGENERATE})
    assert degenerate.remarks[0].text == "statuses changed: ok -> degenerate of 1 score"


def test_a_bumped_version_is_expected_and_says_so(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    found = report(old, {"p": -old["p"]}, version=2)
    assert verdicts(found)[:2] == [Verdict.EXPECTED] * 2
    assert "version 1 became 2" in found.of("p")[0].why
    assert (found.failed(), found.failed(strict=True)) == (False, True)


def test_new_and_removed_proxies_are_told_not_errors(generator, quality):
    old = {"p": noisy(generator, quality, 0.5), "q": noisy(generator, quality, 0.5)}
    new = NewScores(stored({"p": old["p"]}), HERE, ("p", "q"), ("r",))
    found = judge(baseline_of(old), new, {"p": proxy("p")})
    assert {remark.proxy: remark.text.partition(":")[0] for remark in found.remarks} == {"q": "removed", "r": "new"}
    assert not found.failed()
    assert found.failed(strict=True)


def test_nothing_in_common_is_nothing_to_report(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    with pytest.raises(NothingToReportError, match="no proxy and network in common"):
        report(old, {"q": old["p"]})
    with pytest.raises(NothingToReportError, match="no proxy and network in common"):
        report(old, old, index=range(100, 100 + N))


def test_one_seed_computed_anew_is_held_against_the_spread_of_all_that_were_recorded(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    again = report(old, {"p": old["p"][2:]}, list(quality), seeds=(2,))
    assert verdicts(again) == [Verdict.SAME] * 3
    assert again.compared.captions[0] == f"{N} networks of made-up d, seed 2 of the baseline's 0, 1, 2."
    drawn_otherwise = report(old, {"p": noisy(generator, quality, 0.5, seeds=1)}, list(quality), seeds=(2,))
    assert verdicts(drawn_otherwise) == [Verdict.MOVED, Verdict.SAME, Verdict.SAME]
    every = report(old, old, list(quality))
    assert drawn_otherwise.of("p")[1].before == every.of("p")[1].before
    other = report(old, {"p": noisy(generator, generator.standard_normal(N), 0.5, seeds=1)}, seeds=(2,))
    assert verdicts(other)[1] is Verdict.MOVED


def test_what_no_seed_moves_may_not_move_under_one_either():
    old = {"p": np.tile(np.arange(8.0), (3, 1))}
    swapped = {"p": np.array([[0.0, 1, 2, 3, 4, 5, 7, 6]])}
    assert verdicts(report(old, swapped, seeds=(2,)))[:2] == [Verdict.MOVED] * 2


def test_one_seed_leaves_ranks_untested_and_no_accuracies_usefulness(generator, quality):
    old = {"p": noisy(generator, quality, 0.5, seeds=1)}
    found = report(old, {"p": -old["p"]})
    assert verdicts(found) == [Verdict.MOVED, Verdict.UNTESTED, Verdict.UNTESTED]
    assert "one seed" in found.of("p")[1].why
    assert any("usefulness is not tested" in text for text in found.compared.captions)


def test_scores_under_other_seeds_or_of_others_are_compared_by_ranks_alone(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    found = report(old, {"p": noisy(generator, quality, 0.5)}, list(quality), seeds=(7, 8, 9))
    assert verdicts(found) == [Verdict.UNTESTED, Verdict.SAME, Verdict.SAME]
    foreign = {"p@theirs": noisy(generator, -quality, 0.5, seeds=1)}
    found = report(old, foreign, list(quality), protocol="theirs", input="theirs")
    assert verdicts(found) == [Verdict.UNTESTED, Verdict.MOVED, Verdict.MOVED]


def test_missing_networks_are_left_out_and_told(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    found = report(old, {"p": old["p"][:, :20]})
    assert verdicts(found)[:2] == [Verdict.SAME] * 2
    assert found.of("p")[1].n == 20
    assert found.compared.captions[0] == "20 of 30 networks of made-up d, seeds 0, 1, 2."
    assert "10 of 30 networks" in found.remarks[0].text


def test_small_shifts_of_most_proxies_on_other_ground_are_the_platforms(generator, quality):
    old = {name: 10 + noisy(generator, quality, 0.5) for name in "abcd"}
    new = {name: values * (1 + 5e-4 * generator.random(values.shape)) for name, values in old.items()}
    elsewhere = replace(HERE, cpu="that one")
    found = report(old, new, provenance=elsewhere)
    assert {row.verdict for row in found.rows if row.layer is Layer.NUMBERS} == {Verdict.PLATFORM}
    assert any("processor this one -> that one" in text for text in found.causes)
    assert (found.failed(), found.failed(strict=True)) == (False, True)
    assert report(old, new).failed(), "on the same ground there is no such excuse"
    new["a"] = -old["a"]
    assert report(old, new, provenance=elsewhere).moved() == ("a",)


def test_evidence_that_neighbours_share_says_where_to_look(generator, quality):
    old = {name: noisy(generator, quality, 0.5) for name in "ab"}
    alone = report(old, old | {"a": -old["a"]})
    assert alone.causes == ("a: its own formula, as LossGradients(batches=1) is what it was (b did not move)",)
    both = report(old, {name: -values for name, values in old.items()})
    assert both.causes == ("a and b: LossGradients(batches=1) differs, as all that is made of it moved",)


def test_other_input_batches_are_named_first(generator, quality):
    old = {"p": noisy(generator, quality, 0.5)}
    then = baseline_of(old, input_digest="aaaa")
    new = NewScores(stored({"p": -old["p"]}, input_digest="bbbb"), HERE)
    assert "fingerprint aaaa then, bbbb now" in judge(then, new, {"p": proxy("p")}).causes[0]


def test_tau_of_constants_is_defined_and_else_it_is_kendalls(generator):
    x, y = generator.standard_normal((2, 9))
    assert tau(x, y).value == kendall(x, y).value
    assert tau(np.ones(9), np.ones(9)).value == 1
    assert tau(np.ones(9), y).value == 0
    only_one_differs = np.array([1.0] * 8 + [2.0])
    assert np.isfinite(tau(only_one_differs, y).left_out).all()


def test_p_values_are_those_of_the_jackknife(generator):
    x, y, z = generator.standard_normal((3, 40))
    first, second = tau(x, z), tau(y, z)
    brute = np.array([kendall(np.delete(x, k), np.delete(z, k)).value for k in range(40)])
    assert np.allclose(first.left_out, brute)
    lower, both = p_of(first, second, lower_only=True), p_of(first, second, lower_only=False)
    assert both == pytest.approx(2 * min(lower, 1 - lower))
    assert p_of(mean([first, first]), first, lower_only=True) == 0.5
    assert p_of(tau(-x, x), tau(x, x), lower_only=True) < 1e-9, "though leaving networks out changes nothing"


def test_pairing_prefers_the_same_conditions_and_keeps_common_seeds():
    old = runs_of(stored({"p": np.zeros((3, 5))}), "p", np.arange(5))[0]
    other = stored({"p": np.ones((3, 5))}, batch_size=32)
    same = stored({"p": np.full((2, 5), 2.0)}, seeds=(2, 9))
    found = pair(old, runs_of([*other, *same], "p", np.arange(5)))
    assert (found.same, found.old.seeds, found.new.seeds, found.new.value[0, 0]) == (True, (2,), (2,), 2.0)
    assert pair(old, runs_of(other, "p", np.arange(5))).same is False
    assert pair(old, []) is None


def test_too_few_networks_are_not_ranked():
    few = {"p": np.arange(2.0 * (FEWEST - 1)).reshape(2, -1)}
    assert verdicts(report(few, few)) == [Verdict.SAME, Verdict.UNTESTED, Verdict.UNTESTED]
