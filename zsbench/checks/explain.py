"""One proxy in detail: the networks that moved most, and which piece of evidence differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zsbench.checks.baseline import Baseline
from zsbench.checks.judge import paired
from zsbench.checks.numbers import relative_differences
from zsbench.checks.pairing import Pair
from zsbench.checks.report import Report
from zsbench.errors import NothingToReportError
from zsbench.registry import Proxy
from zsbench.stats.estimate import Floats
from zsbench.store.model import CODES, StoredSet
from zsbench.tables import Column, Table
from zsbench.tables.table import Cell

COLUMNS = (
    Column("index"),
    Column("arch"),
    Column("seed"),
    Column("old"),
    Column("new"),
    Column("difference", digits=6),
    Column("old rank", priority=1),
    Column("new rank", priority=1),
    Column("status", priority=2),
)
_WORD = {code: str(status) for status, code in CODES.items()}


def explain(
    baseline: Baseline,
    sets: Sequence[StoredSet],
    report: Report,
    proxies: Mapping[str, Proxy],
    name: str,
    *,
    most: int = 10,
) -> Table:
    """Return the `most` networks on which a proxy moved furthest (by number, else by rank).

    Ranks are among the networks with a number then and now, 1 the best. Raises `NothingToReportError` if the proxy was
    not compared.
    """
    found = paired(baseline, sets, [name])
    if not found:
        raise NothingToReportError(
            f"{name} was not compared with the baseline", f"compared: {', '.join(report.proxies) or 'nothing'}"
        )
    pair = found[0]
    then = baseline.facts.higher_is_better.get(name, True)
    now = proxies[name].higher_is_better if name in proxies else then
    rows = _rows(pair, baseline, _ranks(pair, pair.old.value, higher=then), _ranks(pair, pair.new.value, higher=now))
    told = [f"{row.layer}: {row.verdict}, {row.why}." for row in report.of(name)]
    told += [f"Likely: {text}." for text in report.causes if name in text.replace(",", " ").replace(":", " ").split()]
    said = "The proxy asks for " + ", ".join(map(repr, proxies[name].needs)) + "." if name in proxies else ""
    title = f"{name}: the {min(most, len(rows))} scores that moved most"
    return Table(title, COLUMNS, tuple(rows[:most]), tuple(text for text in (*told, said) if text))


def _ranks(pair: Pair, values: Floats, *, higher: bool) -> Floats:
    """Return (S, n) ranks from 1, the best, of the networks with a number in every run of both; NaN for others."""
    from scipy.stats import rankdata

    ranks = np.full(values.shape, np.nan)
    kept = pair.usable
    if kept.any():
        ranks[:, kept] = rankdata(-values[:, kept] if higher else values[:, kept], axis=1)
    return ranks


def _rows(pair: Pair, baseline: Baseline, old_rank: Floats, new_rank: Floats) -> list[tuple[Cell, ...]]:
    """Return all scores of both, those that moved furthest first; runs of other seeds are compared in their order."""
    differences = relative_differences(pair) if pair.same else None
    rows: list[tuple[float, float, tuple[Cell, ...]]] = []
    for run in range(min(len(pair.old.value), len(pair.new.value))):
        for place in np.flatnonzero(pair.old.scored[run] & pair.new.scored[run]).tolist():
            old, new = (float(side.value[run, place]) for side in (pair.old, pair.new))
            lost = np.isfinite(old) != np.isfinite(new)
            far = float(differences[run, place]) if differences is not None else np.nan
            ranks = float(old_rank[run, place]), float(new_rank[run, place])
            shift = np.inf if lost else float(np.nan_to_num(abs(ranks[1] - ranks[0])))
            statuses = [_WORD[int(side.status[run, place])] for side in (pair.old, pair.new)]
            status = statuses[0] if statuses[0] == statuses[1] else " -> ".join(statuses)
            cells = (_number(value) for value in (old, new, far, *ranks))
            who = int(baseline.index[place]), str(baseline.arch[place]), pair.old.seeds[run]
            rows.append((np.inf if lost else float(np.nan_to_num(far)), shift, (*who, *cells, status)))
    rows.sort(key=lambda row: (-row[0], -row[1]))
    return [cells for _, _, cells in rows]


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
