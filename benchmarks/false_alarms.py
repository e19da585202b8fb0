"""How often `zsbench check` cries wolf: baselines and new scores drawn from the same honest runs, 200 times.

Scores under twelve seeds or so are recorded first (`--scores`, one file or several). Every repetition draws a random
half of the networks, three seeds as the baseline, and others as what a change left behind: three under their own names
(`zsbench check --scores`), and one under the name of one of the baseline's, as if the change drew other weights and
batches (`zsbench check`, which computes one seed anew).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from zsbench.checks import Baseline, Layer, NewScores, Report, Verdict, judge, read_baseline
from zsbench.checks.baseline import by_seed
from zsbench.checks.report import proxies_with
from zsbench.registry import proxies
from zsbench.store.model import StoredSet

COMMAND = (
    "zsbench check --record -o seeds.h5 --dataset ImageNet16-120 --batch-size 16 --sample 60 --seed 0-11 "
    "&& python benchmarks/false_alarms.py --scores seeds.h5"
)
SEEDS = 3
"""Of a baseline."""
JUDGED = (Layer.RANKS, Layer.USEFULNESS)
MOST = 0.05
"""Share of repetitions that may raise an alarm."""


def repetitions(whole: Baseline, count: int) -> Mapping[str, list[Report]]:
    """Return the reports of `count` repetitions, by what the new scores are."""
    generator = np.random.default_rng(0)
    known = proxies()
    found: dict[str, list[Report]] = {"three other seeds": [], "one seed drawn otherwise": []}
    for _ in range(count):
        index = np.sort(generator.permutation(whole.index)[: max(len(whole.index) // 2, 4)]).tolist()
        drawn = [_only(whole.sets[k], index) for k in generator.permutation(len(whole.sets))[: 2 * SEEDS]]
        old, others = drawn[:SEEDS], drawn[SEEDS:]
        renamed = replace(others[0], conditions=old[-1].conditions)
        for news, reports in zip((others, [renamed]), found.values(), strict=True):
            baseline = replace(whole, sets=by_seed(old))
            reports.append(judge(baseline, NewScores(news, whole.provenance), known))
    return found


def _only(stored: StoredSet, index: list[int]) -> StoredSet:
    kept = np.isin(stored.index, index)
    columns = {key: column.rows(kept) for key, column in stored.columns.items()}
    return replace(stored, index=stored.index[kept], arch=stored.arch[kept], columns=columns)


def _read(files: Iterable[Path]) -> Baseline:
    parts = [read_baseline(file) for file in files]
    return replace(parts[0], sets=by_seed(one for part in parts for one in part.sets))


def main() -> None:
    """Print what raised alarms; exit with 4 if any layer cries wolf in more than 5 % of all repetitions."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=COMMAND)
    parser.add_argument("--scores", type=Path, required=True, nargs="+", help="baselines of six seeds or more in all")
    parser.add_argument("--repetitions", type=int, default=200)
    given = parser.parse_args()
    whole = _read(given.scores)
    if len(whole.sets) < 2 * SEEDS:
        parser.error(f"{len(whole.sets)} seeds, {2 * SEEDS} are needed: {COMMAND}")
    worst = 0.0
    for name, reports in repetitions(whole, given.repetitions).items():
        for layers in ((Layer.RANKS,), (Layer.USEFULNESS,), JUDGED):
            blamed = [proxies_with(report.rows, Verdict.MOVED, layers) for report in reports]
            alarms = sum(map(bool, blamed))
            worst = max(worst, alarms / len(reports))
            names = sorted({proxy for one in blamed for proxy in one})
            whom = f": {', '.join(names)}" if names else ""
            found = binomtest(alarms, len(reports)).proportion_ci()
            rate = f"{alarms} of {len(reports)} cry wolf, 95 % interval {found.low:.1%} to {found.high:.1%}"
            sys.stdout.write(f"{name}, {' or '.join(layers)}: {rate}{whom}\n")
    sys.exit(4 if worst > MOST else 0)


if __name__ == "__main__":
    main()
