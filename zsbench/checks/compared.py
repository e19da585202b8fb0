"""What was held against what: the words under a report, and the facts in its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.checks.baseline import Baseline
from zsbench.checks.pairing import Pair
from zsbench.checks.report import LEVEL
from zsbench.provenance import Provenance


@dataclass(frozen=True)
class Compared:
    """The scores that a report is of."""

    space: str
    dataset: str
    networks: int
    """With a score then and now."""
    of: int
    """Networks of the baseline."""
    seeds: tuple[int, ...]
    """Of the scores that were compared."""
    recorded: tuple[int, ...]
    """Of the baseline, which the spread between seeds is from."""
    conditions: str
    target: str
    """The truth column; empty where there is none."""
    source: str
    """Where the truth comes from, or why there is none."""
    then: Provenance
    now: Provenance

    @property
    def captions(self) -> tuple[str, ...]:
        """Say it in lines, with what the columns mean."""
        fewer = f"{self.networks} of {self.of}" if self.networks < self.of else f"{self.networks}"
        more = f" of the baseline's {_list(self.recorded)}" if self.recorded != self.seeds else ""
        seeds = f"{'seed' if len(self.seeds) == 1 else 'seeds'} {_list(self.seeds)}{more}"
        if self.target:
            truth = f"usefulness: tau-b with target {self.target} ({self.source}), then and now."
        else:
            truth = f"usefulness is not tested: {self.source or 'the baseline was recorded without accuracies'}."
        return (
            f"{fewer} networks of {self.space} {self.dataset}, {seeds}.",
            f"Baseline conditions: {self.conditions}.",
            "numbers: same seed and network; before: the tolerance, now: the largest difference, by the score's size.",
            "ranks: tau-b between old and new scores (now) beside that between the baseline's own seeds (before).",
            truth,
            "n: scores (of a network under a seed) in numbers, networks in ranks and usefulness.",
            f"p: Student's t on the jackknife over networks, p_holm: over all proxies (Holm); moved below {LEVEL:g}.",
        )


def compared(baseline: Baseline, now: Provenance, pairs: Sequence[Pair]) -> Compared:
    """Return what `pairs` of this baseline compare."""
    both = np.stack([pair.old.scored.any(axis=0) for pair in pairs]).any(axis=0)
    known = bool(baseline.facts.target) and bool(np.isfinite(baseline.truth).any())
    return Compared(
        baseline.space,
        baseline.dataset,
        networks=int(both.sum()),
        of=len(baseline.index),
        seeds=tuple(sorted({seed for pair in pairs for seed in pair.old.seeds})),
        recorded=baseline.seeds,
        conditions=pairs[0].old.conditions[0].describe(),
        target=baseline.facts.target if known else "",
        source=baseline.facts.source,
        then=baseline.provenance,
        now=now,
    )


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))
