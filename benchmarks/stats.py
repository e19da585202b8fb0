"""How long tau and rho with their intervals take, beside scipy's tau alone: `make bench`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from runner import Measure, Row, main
from scipy.stats import kendalltau, spearmanr

from zsbench.stats import evaluate, parse_statistic
from zsbench.stats.estimate import Floats

PROXIES = 20
NB201, NB101 = 15_625, 423_624
"""Networks of NAS-Bench-201 and NAS-Bench-101."""


def made_up(networks: int) -> tuple[Floats, Floats]:
    """Return (PROXIES, n) scores and (n,) accuracies, which tie as those of benchmarks do."""
    generator = np.random.default_rng(0)
    accuracy = np.round(90 + 3 * generator.normal(size=networks), 2)
    return accuracy + 3 * generator.normal(size=(PROXIES, networks)), accuracy


def ours(networks: int) -> Measure:
    """Time tau-b and rho of every proxy, each with its jackknife error and interval."""
    scores, accuracy = made_up(networks)
    statistics = [parse_statistic(name) for name in ("kendall", "spearman")]

    def timed() -> None:
        for one in scores:
            evaluate(statistics, one, accuracy)

    return timed


def theirs(networks: int, statistics: Sequence[Callable[[Floats, Floats], object]]) -> Measure:
    """Time scipy's statistics of every proxy: a value and a p-value for independence, no interval."""
    scores, accuracy = made_up(networks)

    def timed() -> None:
        for one in scores:
            for statistic in statistics:
                statistic(one, accuracy)

    return timed


def rows() -> list[Row]:
    """Return what is measured: both sizes, ours and scipy's."""
    found = []
    for networks, most_seconds, repeats in ((NB201, 2.0, 3), (NB101, 60.0, 1)):
        size = f"{PROXIES} x {networks:,}"
        alone, both = f"{size}: scipy tau-b", f"{size}: scipy tau-b and rho"
        found += [
            Row(
                f"{size}: tau-b and rho with intervals",
                partial(ours, networks),
                repeats,
                most_seconds=most_seconds,
                most_mebibytes=2048,
                beside=alone,
            ),
            Row(alone, partial(theirs, networks, [kendalltau]), repeats),
            Row(both, partial(theirs, networks, [kendalltau, spearmanr]), repeats, beside=alone),
        ]
    return found


if __name__ == "__main__":
    main(
        "Rank correlations of 20 proxies",
        rows(),
        ["scipy gives a value and a p-value of independence; its intervals would take bootstraps of as long each."],
    )
