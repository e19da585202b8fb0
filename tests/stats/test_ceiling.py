"""What a perfect proxy reaches is known where the truth is made up: then the ceiling has to find it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from zsbench.stats import evaluate, parse_statistic
from zsbench.stats.ceiling import ceiling, from_runs, from_twins

STATISTICS = [parse_statistic(name) for name in ("kendall", "spearman")]
N = 2000


def _normal(generator):
    return 90 + generator.normal(size=N)


def _like_a_benchmark(generator):
    """Many networks crowd below the best accuracy, some fail."""
    return 94 - generator.gamma(1, 2, size=N) - (generator.random(N) < 0.05) * generator.random(N) * 60


def _noise(mu):
    """The worse a network, the more its trainings differ."""
    return 0.15 + 0.05 * (95 - mu) ** 0.7


@pytest.mark.parametrize(("cut", "tolerance"), [(0, 0.015), (50, 0.03), (90, 0.06)])
@pytest.mark.parametrize("accuracies", [_normal, _like_a_benchmark])
def test_the_ceiling_is_what_knowing_the_true_means_would_give(accuracies, cut, tolerance):
    errors = []
    for seed in range(4):
        generator = np.random.default_rng([seed, cut])
        mu = accuracies(generator)
        runs = mu[:, None] + _noise(mu)[:, None] * generator.normal(size=(N, 3))
        runs[generator.random(N) < 0.3, 2] = np.nan
        value = np.nanmean(runs, axis=1)
        kept = np.flatnonzero(value >= np.percentile(value, cut))
        perfect = [found.value for found in evaluate(STATISTICS, mu[kept], value[kept])]
        errors.append(np.subtract(ceiling(STATISTICS, from_runs(value, runs), kept), perfect))
    assert np.abs(np.mean(errors, axis=0)).max() < tolerance


def test_truth_against_more_noise_would_claim_too_much_where_it_matters():
    tau = STATISTICS[:1]
    errors = []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        mu = _like_a_benchmark(generator)
        runs = mu[:, None] + 0.3 * generator.normal(size=(N, 2))
        value = runs.mean(axis=1)
        kept = np.flatnonzero(value >= np.percentile(value, 95))
        noisier = value + 0.3 / math.sqrt(2) * generator.normal(size=N)
        known, naive = (evaluate(tau, scores[kept], value[kept])[0].value for scores in (mu, noisier))
        errors.append((naive - known, ceiling(tau, from_runs(value, runs), kept)[0] - known))
    naive, ours = np.mean(errors, axis=0)
    assert naive > 0.08
    assert abs(ours) < naive / 2


def test_isomorphic_networks_tell_the_noise_as_well():
    generator = np.random.default_rng(1)
    mu = np.repeat(_normal(generator), 2)
    value = mu + 0.4 * generator.normal(size=2 * N)
    noisy = from_twins(value, np.arange(2 * N) // 2)
    np.testing.assert_allclose(np.median(noisy.variance), 0.16, rtol=0.1)
    kept = np.arange(2 * N)
    assert ceiling(STATISTICS, noisy, kept)[0] == pytest.approx(evaluate(STATISTICS, mu, value)[0].value, abs=0.02)


def test_the_noise_of_a_mean_falls_with_its_runs_and_follows_the_accuracy():
    generator = np.random.default_rng(2)
    mu = np.linspace(50, 94, N)
    noise = np.where(mu < 70, 2.0, 0.2)
    runs = mu[:, None] + noise[:, None] * generator.normal(size=(N, 4))
    runs[::2, 2:] = np.nan
    variance = from_runs(np.nanmean(runs, axis=1), runs).variance
    bad, good = mu < 65, mu > 75
    few = np.arange(N) % 2 == 0
    for where, expected in [(bad & few, 2.0), (bad & ~few, 1.0), (good & few, 0.02), (good & ~few, 0.01)]:
        assert np.median(variance[where]) == pytest.approx(expected, rel=0.15)


def test_without_repetitions_there_is_no_ceiling():
    value = np.arange(50.0)
    assert from_runs(value, value[:, None]) is None
    assert from_twins(value, np.arange(50)) is None


def test_almost_no_noise_leaves_almost_nothing_to_miss():
    generator = np.random.default_rng(3)
    mu = _normal(generator)
    runs = mu[:, None] + 1e-4 * generator.normal(size=(N, 2))
    assert ceiling(STATISTICS, from_runs(runs.mean(axis=1), runs), np.arange(N))[0] > 0.99


def test_equal_questions_get_equal_answers():
    generator = np.random.default_rng(4)
    runs = _normal(generator)[:, None] + generator.normal(size=(N, 2))
    noisy = from_runs(runs.mean(axis=1), runs)
    assert ceiling(STATISTICS, noisy, np.arange(500)) == ceiling(STATISTICS, noisy, np.arange(500))
