"""Every draw against the plain statistic of the networks drawn; coverage; speed."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zsbench.stats import Top, best_rank_at, bootstrap, evaluate, ndcg_at, parse_statistic, precision_at, regret_at

PAIRS = [
    pytest.param(bootstrap.precision, precision_at, id="p"),
    pytest.param(bootstrap.best_rank, best_rank_at, id="bestrank"),
    pytest.param(bootstrap.regret, regret_at, id="regret"),
    pytest.param(bootstrap.ndcg, ndcg_at, id="ndcg"),
]


TWELVE = bootstrap.Draws(12)


def _check_every_draw(redrawn, plain, x, y, k, draws=TWELVE):
    found = redrawn(x, y, k, draws)
    assert found.shape == (draws.number,)
    for value, drawn in zip(found, bootstrap.counts(len(x), draws).T, strict=True):
        expected = plain(np.repeat(x, drawn), np.repeat(y, drawn), Top(count=k))
        if not expected.reason:  # a draw of one network only has no statistic, and some value here
            assert value == pytest.approx(expected.value, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.data())
@pytest.mark.parametrize(("redrawn", "plain"), PAIRS)
def test_a_draw_has_the_statistic_of_its_networks_under_heavy_ties(redrawn, plain, data):
    n = data.draw(st.integers(3, 25))
    x = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), float)
    y = np.array(data.draw(st.lists(st.integers(80, 88), min_size=n, max_size=n)), float)
    _check_every_draw(redrawn, plain, x, y, data.draw(st.integers(1, n)))


@pytest.mark.parametrize("levels", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("k", [1, 10, 60])
@pytest.mark.parametrize(("redrawn", "plain"), PAIRS)
def test_a_draw_of_many_networks_has_the_statistic_of_its_networks(redrawn, plain, k, levels):
    generator = np.random.default_rng(0)
    y = 90 + generator.normal(size=1200)
    x = y + generator.normal(size=1200)
    _check_every_draw(redrawn, plain, np.round(x * levels) if levels else x, y, k)


@pytest.mark.parametrize(("redrawn", "plain"), PAIRS)
def test_networks_that_share_a_score_are_drawn_together(redrawn, plain):
    generator = np.random.default_rng(0)
    source = generator.integers(0, 60, 300)
    x = generator.normal(size=60)[source]
    draws = bootstrap.Draws.of(12, source)
    drawn = bootstrap.counts(300, draws)
    assert all(len(np.unique(drawn[source == one], axis=0)) == 1 for one in np.unique(source))
    _check_every_draw(redrawn, plain, x, 90 + x + generator.normal(size=300), 20, draws)


def test_draws_take_n_networks_and_depend_on_nothing_but_n_and_their_number():
    drawn = bootstrap.counts(50, bootstrap.Draws(30))
    assert (drawn.sum(axis=0) == 50).all()
    assert len({tuple(column) for column in drawn.T}) == 30
    bootstrap.counts.cache_clear()
    np.testing.assert_array_equal(bootstrap.counts(50, bootstrap.Draws(30)), drawn)


@pytest.mark.parametrize(("n", "levels"), [(200, 0), (200, 2), (1000, 0)])
def test_intervals_of_precision_cover_what_a_large_population_has(n, levels):
    generator = np.random.default_rng([n, levels])
    statistic = parse_statistic("p@10%")
    population = precision_at(*_sample(generator, 200_000, levels), Top(share=Fraction(1, 10))).value
    trials = 300
    hits = 0
    for _ in range(trials):
        (found,) = evaluate([statistic], *_sample(generator, n, levels), 400)
        hits += found.low <= population <= found.high
    # Copies of a network make draws a little wider than samples: 97 to 99 % here.
    assert 0.93 <= hits / trials <= 1


def _sample(generator, n, levels):
    x = generator.normal(size=n)
    y = 90 + 0.8 * x + 0.6 * generator.normal(size=n)
    return (np.round(x * levels) if levels else x), y


@pytest.mark.parametrize("name", ["p@5%", "bestrank@10", "regret@10", "ndcg@10"])
def test_estimates_carry_an_interval_only_if_networks_are_drawn(name):
    x, y = _sample(np.random.default_rng(1), 150, 0)
    statistic = parse_statistic(name)
    (plain,), (drawn,) = evaluate([statistic], x, y), evaluate([statistic], x, y, 200)
    assert statistic.bootstrapped
    assert math.isnan(plain.low)
    assert plain.value == drawn.value
    assert drawn.low <= drawn.value <= drawn.high
    assert drawn.stderr > 0


def test_more_networks_than_can_be_drawn_have_no_interval(monkeypatch):
    monkeypatch.setattr(bootstrap, "LARGEST", 100)
    x, y = _sample(np.random.default_rng(1), 150, 0)
    (found,) = evaluate([parse_statistic("p@5%")], x, y, 200)
    assert math.isnan(found.low)


def test_draws_that_are_all_the_same_give_no_interval():
    # The best by score are the worst by accuracy: no draw has a hit.
    (found,) = evaluate([parse_statistic("p@5%")], np.arange(100.0), -np.arange(100.0), 200)
    assert found.value == 0
    assert math.isnan(found.low)
    assert math.isnan(found.stderr)


def test_a_regret_of_nothing_is_zero_not_what_rounding_leaves():
    x = np.arange(40.0)
    y = 90 + 0.1 * np.sqrt(x)
    found = bootstrap.regret(x // 3, y, 10, bootstrap.Draws(500, 0))
    assert (found == 0).all()


def test_what_has_no_number_is_not_drawn():
    (found,) = evaluate([parse_statistic("p@200")], np.arange(9.0), np.arange(9.0), 200)
    assert "k = 200" in found.reason


def test_twenty_proxies_on_three_thousand_networks_take_a_few_seconds():
    generator = np.random.default_rng(0)
    y = generator.normal(size=3000)
    statistics = [parse_statistic(name) for name in ("p@5%", "bestrank@10", "regret@10")]
    began = time.process_time()
    for _ in range(20):
        evaluate(statistics, y + generator.normal(size=3000), y, 1000)
    assert time.process_time() - began < 4
