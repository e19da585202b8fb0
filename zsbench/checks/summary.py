"""A baseline in text: what a reviewer reads in a diff when it is recorded anew."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np

from zsbench.checks.baseline import Baseline
from zsbench.checks.numbers import describe_statuses
from zsbench.checks.pairing import Runs, runs_of
from zsbench.checks.ranks import FEWEST, mean, tau


def summary(baseline: Baseline) -> str:
    """Return conditions, a line a proxy, and the first seed's scores network by network."""
    runs = {name: runs_of(baseline.sets, name, baseline.index)[0] for name in baseline.proxies}
    return "\n".join([*_head(baseline), "", *_of_proxies(baseline, runs), "", *_of_networks(baseline, runs)]) + "\n"


def _head(baseline: Baseline) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(baseline.provenance.versions.items()))
    return [
        f"Baseline of {baseline.space} {baseline.dataset}: {len(baseline.index)} networks",
        f"seeds: {', '.join(map(str, baseline.seeds))}",
        *(
            f"conditions: {one.conditions.describe()}; input {one.conditions.input_digest}; "
            f"{len({name for name, _ in one.columns})} proxies"
            for one in baseline.sets
        ),
        f"truth: {f'{baseline.facts.target}, ' if baseline.facts.target else ''}{baseline.facts.source}",
        f"made with: {versions}; {baseline.provenance.cpu}, {baseline.provenance.device}",
    ]


def _of_proxies(baseline: Baseline, runs: dict[str, Runs]) -> list[str]:
    lines: list[tuple[str, ...]] = [("proxy", "version", "better", "median", "tau seeds", "tau truth", "statuses")]
    for name, one in runs.items():
        higher = baseline.facts.higher_is_better[name]
        numbers = one.value[np.isfinite(one.value)]
        median = f"{np.median(numbers):.5g}" if len(numbers) else "-"
        taus = _taus(one, baseline, sign=1 if higher else -1)
        lines.append(
            (name, str(one.version), "high" if higher else "low", median, *taus, describe_statuses(one.status))
        )
    return _aligned(lines)


def _taus(runs: Runs, baseline: Baseline, *, sign: int) -> tuple[str, str]:
    kept = np.isfinite(runs.value).all(axis=0)
    scores, truth = sign * runs.value[:, kept], baseline.truth[kept]
    known = np.isfinite(truth)
    seeds = list(combinations(range(len(scores)), 2))
    between = f"{mean([tau(scores[i], scores[j]) for i, j in seeds]).value:.3f}" if seeds and kept.any() else "-"
    useful = f"{mean([tau(x[known], truth[known]) for x in scores]).value:.3f}" if known.sum() >= FEWEST else "-"
    return between, useful


def _of_networks(baseline: Baseline, runs: dict[str, Runs]) -> list[str]:
    """Return a line a network: five digits of the scores under the first seed."""
    shown = {name: one.value[0] for name, one in runs.items() if np.isfinite(one.value[0]).any()}
    lines: list[tuple[str, ...]] = [("network", "truth", *shown)]
    for row, index in enumerate(baseline.index.tolist()):
        cells = [f"{values[row]:.5g}" if np.isfinite(values[row]) else "-" for values in shown.values()]
        truth = baseline.truth[row]
        lines.append((str(index), f"{truth:.2f}" if np.isfinite(truth) else "-", *cells))
    seed = Counter(one.seeds[0] for one in runs.values()).most_common(1)[0][0]
    return [f"scores under seed {seed}", *_aligned(lines)]


def _aligned(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
