"""200 honest repetitions: what is only another seed, or the same scores again, raises no alarm."""

from __future__ import annotations

import numpy as np
import pytest
from making import HERE, baseline_of, stored

from zsbench.checks import NewScores, Verdict, judge
from zsbench.evidence import LossGradients
from zsbench.registry import Proxy

REPETITIONS = 200
NOISES = (0.05, 0.3, 1.0, 3.0)
"""Seed noise by the spread between networks: from nearly none, as synflow's, to nearly nothing else, as plain's."""
KNOWN = {
    f"p{k}": Proxy(f"p{k}", lambda x: x, (LossGradients(),), True, "f", "", "", 1, (), "") for k in range(len(NOISES))
}


def drawn(generator, qualities, n, *, seeds=2):
    """Return name -> (S, n): noise of every network and seed, and an effect of the batch that all networks share."""
    return {
        name: qualities[name]
        + noise * generator.standard_normal((seeds, n))
        + 0.3 * generator.standard_normal((seeds, 1)) * (1 + qualities[name] / 4)
        for name, noise in zip(KNOWN, NOISES, strict=True)
    }


@pytest.mark.parametrize("n", [12, 60])
def test_other_seeds_rarely_raise_an_alarm(n):
    generator = np.random.default_rng(11)
    alarms = 0
    for _ in range(REPETITIONS // 2):
        truth = generator.standard_normal(n)
        qualities = {name: truth + generator.standard_normal(n) for name in KNOWN}
        baseline = baseline_of(drawn(generator, qualities, n), list(truth))
        new = NewScores(stored(drawn(generator, qualities, n), seeds=(8, 9)), HERE)
        report = judge(baseline, new, KNOWN)
        alarms += any(row.verdict is Verdict.MOVED for row in report.rows)
    assert alarms <= 0.05 * REPETITIONS // 2


def test_the_same_seeds_never_do():
    generator = np.random.default_rng(12)
    for _ in range(20):
        truth = generator.standard_normal(16)
        old = drawn(generator, dict.fromkeys(KNOWN, truth), 16)
        shaken = {name: values * (1 + 1e-6 * generator.standard_normal(values.shape)) for name, values in old.items()}
        report = judge(baseline_of(old, list(truth)), NewScores(stored(shaken), HERE), KNOWN)
        assert not report.moved()
