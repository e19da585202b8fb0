"""A baseline and new scores: what moved, in which layer, and what is merely worth knowing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zsbench.checks.baseline import Baseline
from zsbench.checks.causes import excuse_platform, likely_causes
from zsbench.checks.compared import compared
from zsbench.checks.numbers import changed_statuses, judge_numbers
from zsbench.checks.pairing import Pair, pair, runs_of
from zsbench.checks.ranks import decide, judge_ranks, judge_usefulness, oriented
from zsbench.checks.report import Layer, Remark, Report, Row, Verdict
from zsbench.errors import NothingToReportError
from zsbench.provenance import Provenance
from zsbench.registry import Proxy
from zsbench.stats import holm
from zsbench.store.model import StoredSet


@dataclass(frozen=True, eq=False)
class NewScores:
    """What a baseline is held against."""

    sets: Sequence[StoredSet]
    provenance: Provenance
    expected: tuple[str, ...] = ()
    """Proxies that should be there: those missing are reported as removed."""
    unknown: tuple[str, ...] = ()
    """Proxies known here that the baseline lacks."""


def judge(baseline: Baseline, new: NewScores, proxies: Mapping[str, Proxy]) -> Report:
    """Return the report on every proxy of the baseline that is asked for; `proxies` are the definitions of today.

    Raises `NothingToReportError` if the two have no proxy and network in common.
    """
    pairs = paired(baseline, new.sets, new.expected or baseline.proxies)
    if not pairs:
        raise NothingToReportError(
            "the baseline and the new scores have no proxy and network in common",
            f"the baseline has {', '.join(baseline.proxies)} on {baseline.space} {baseline.dataset}",
        )
    rows = _corrected([row for one in pairs for row in _rows(one, baseline, proxies.get(one.proxy))])
    rows = [_expected(row, pairs) for row in rows]
    rows = excuse_platform(rows, baseline.provenance, new.provenance)
    causes = likely_causes(rows, pairs, proxies, baseline.provenance, new.provenance)
    remarks = tuple(_remarks(baseline, new, pairs, proxies, rows))
    return Report(tuple(rows), remarks, causes, compared(baseline, new.provenance, pairs))


def paired(baseline: Baseline, sets: Sequence[StoredSet], names: Iterable[str]) -> list[Pair]:
    """Return then and now of every proxy of the baseline among `names` that has new scores."""
    found = []
    for name in sorted(set(names) & set(baseline.proxies)):
        candidates = runs_of(sets, name, baseline.index)
        for old in runs_of(baseline.sets, name, baseline.index)[:1]:
            both = pair(old, candidates)
            if both is not None:
                found.append(both)
    return found


def _rows(both: Pair, baseline: Baseline, proxy: Proxy | None) -> list[Row]:
    then = 1 if baseline.facts.higher_is_better.get(both.proxy, True) else -1
    now = proxy.sign if proxy else then
    rtol = proxy.rtol if proxy else Proxy.rtol
    rankings = oriented(both, then, now, rtol)
    numbers = judge_numbers(both, rtol)
    if then != now and numbers.verdict is Verdict.SAME:
        numbers = replace(numbers, verdict=Verdict.MOVED, why="its direction is turned round: lower was better, or is")
    return [
        numbers,
        judge_ranks(both, rankings),
        judge_usefulness(both, rankings, baseline.truth[both.usable]),
    ]


def _corrected(rows: list[Row]) -> list[Row]:
    corrected: dict[int, float] = {}
    for layer in (Layer.RANKS, Layer.USEFULNESS):
        places = [k for k, row in enumerate(rows) if row.layer is layer]
        corrected |= dict(zip(places, holm([rows[k].p for k in places]), strict=True))
    return [decide(row, corrected[k]) if k in corrected else row for k, row in enumerate(rows)]


def _expected(row: Row, pairs: Iterable[Pair]) -> Row:
    versions = next(((both.old.version, both.new.version) for both in pairs if both.proxy == row.proxy), (0, 0))
    if row.verdict is Verdict.MOVED and versions[0] != versions[1]:
        return replace(row, verdict=Verdict.EXPECTED, why=f"{row.why}; version {versions[0]} became {versions[1]}")
    return row


def _remarks(
    baseline: Baseline,
    new: NewScores,
    pairs: Sequence[Pair],
    proxies: Mapping[str, Proxy],
    rows: Sequence[Row],
) -> Iterable[Remark]:
    there = {both.proxy for both in pairs}
    for name in sorted(set(new.expected or baseline.proxies) & set(baseline.proxies) - there):
        known = "it has no new score" if name in proxies else "it is not registered any more"
        yield Remark(name, f"removed: {known}")
    for name in new.unknown:
        yield Remark(name, "new: the baseline has no score of it, record one anew to have it checked")
    for both in pairs:
        if both.old.version != both.new.version:
            yield Remark(both.proxy, f"its definition changed from version {both.old.version} to {both.new.version}")
        if texts := [row.why for row in rows if row.proxy == both.proxy and row.why.endswith("on an edge")]:
            yield Remark(both.proxy, texts[0])
        if changed := changed_statuses(both):
            yield Remark(both.proxy, f"statuses changed: {changed}")
        lost = int((both.old.scored.any(axis=0) != both.new.scored.any(axis=0)).sum())
        everywhere = len(baseline.index) - int(both.new.scored.any(axis=0).sum())
        if lost or everywhere:
            yield Remark(
                both.proxy, f"{everywhere} of {len(baseline.index)} networks of the baseline have no new score"
            )
