"""How often `zsbench check` cries wolf: baselines and new scores drawn from the same honest runs, 200 times.

Scores of `--networks` cells under `--seeds` seeds are computed (or read with `--scores`), then every repetition draws a
random half of the networks, three seeds as the baseline and three others as what a change left behind.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from zsbench.checks import Baseline, Layer, NewScores, Verdict, judge, read_baseline
from zsbench.registry import proxies
from zsbench.store.model import StoredSet

COMMAND = (
    "zsbench check --record -o seeds.h5 --dataset ImageNet16-120 --batch-size 16 --sample 60 --seed 0-11 "
    "&& python benchmarks/false_alarms.py --scores seeds.h5"
)


def repetitions(whole: Baseline, count: int, runs: int = 3) -> dict[Layer, int]:
    """Return in how many of `count` repetitions a layer says of any proxy that it moved."""
    generator = np.random.default_rng(0)
    known = proxies()
    alarms = dict.fromkeys((Layer.RANKS, Layer.USEFULNESS), 0)
    for _ in range(count):
        index = np.sort(generator.permutation(whole.index)[: max(len(whole.index) // 2, 4)])
        drawn = generator.permutation(len(whole.sets))[: 2 * runs]
        old, new = ([_only(whole.sets[k], index.tolist()) for k in part] for part in (drawn[:runs], drawn[runs:]))
        report = judge(replace(whole, sets=tuple(old)), NewScores(new, whole.provenance), known)
        for layer in alarms:
            alarms[layer] += any(row.layer is layer and row.verdict is Verdict.MOVED for row in report.rows)
    return alarms


def _only(stored: StoredSet, index: list[int]) -> StoredSet:
    kept = np.isin(stored.index, index)
    columns = {key: column.rows(kept) for key, column in stored.columns.items()}
    return replace(stored, index=stored.index[kept], arch=stored.arch[kept], columns=columns)


def main() -> None:
    """Print a line a layer; exit with 4 if either cries wolf in more than 5 % of all repetitions."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=COMMAND)
    parser.add_argument("--scores", type=Path, required=True, help="a baseline of six seeds or more")
    parser.add_argument("--repetitions", type=int, default=200)
    given = parser.parse_args()
    whole = read_baseline(given.scores)
    if len(whole.sets) < 6:
        parser.error(f"{given.scores} has {len(whole.sets)} seeds, 6 are needed: {COMMAND}")
    alarms = repetitions(whole, given.repetitions)
    for layer, count in alarms.items():
        sys.stdout.write(f"{layer}: {count} of {given.repetitions} repetitions with an alarm\n")
    sys.exit(4 if max(alarms.values()) > 0.05 * given.repetitions else 0)


if __name__ == "__main__":
    main()
