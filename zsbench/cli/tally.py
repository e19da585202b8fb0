"""What a run has done so far, for people and for `--json`."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zsbench.score import Score, Status

if TYPE_CHECKING:
    from zsbench.evaluate import Plan

FAILURES = (Status.NAN, Status.INF, Status.FAILED, Status.OOM)
"""Statuses that a person should know of; `degenerate` and `unsupported` lie in the network."""


class Tally:
    """Counts of scores and networks, and the first example of every kind of failure."""

    def __init__(self, plans: list[Plan]) -> None:
        """Start counting and the clock."""
        self.planned_scores = sum(plan.scores for plan in plans)
        self.scores = 0
        self.estimated_seconds: float | None = None
        """What `--dry-run` foretells; None for a real run."""
        self._planned_networks = sum(plan.networks for plan in plans)
        self._networks: set[tuple[str, int]] = set()
        self._without_value: Counter[Status] = Counter()
        self._failed: Counter[tuple[str, Status]] = Counter()
        self._examples: dict[tuple[str, Status], Score] = {}
        self._start = time.monotonic()

    def add(self, dataset: str, index: int, scores: Sequence[Score]) -> int:
        """Count the scores of one job, and return how many of them failed."""
        self.scores += len(scores)
        self._networks.add((dataset, index))
        self._without_value.update(score.status for score in scores if math.isnan(score.value))
        failed = [score for score in scores if score.status in FAILURES]
        for score in failed:
            self._failed[score.proxy, score.status] += 1
            self._examples.setdefault((score.proxy, score.status), score)
        return len(failed)

    def record(self) -> dict[str, object]:
        """Return what `--json` prints."""
        return {
            "planned_networks": self._planned_networks,
            "planned_scores": self.planned_scores,
            "networks": len(self._networks),
            "scores": self.scores,
            "without_value": dict(sorted(self._without_value.items())),
            "seconds": round(time.monotonic() - self._start, 3),
            "dry_run": self.estimated_seconds is not None,
            "estimated_seconds": self.estimated_seconds,
        }

    @property
    def text(self) -> str:
        """One line for people."""
        bad = ", ".join(f"{status} {count:,}" for status, count in sorted(self._without_value.items()))
        took = time.monotonic() - self._start
        text = f"{self.scores:,} scores of {len(self._networks):,} networks in {took:,.0f} s"
        return f"{text}; without a value: {bad}" if bad else text

    @property
    def failures(self) -> list[str]:
        """One line for people a proxy and kind of failure."""
        return [
            f"{proxy}: {status} {count:,}, first on {self._examples[proxy, status].arch}: "
            f"{self._examples[proxy, status].reason}"
            for (proxy, status), count in sorted(self._failed.items())
        ]
