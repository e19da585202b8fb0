"""Every proxy against one named proxy, on the networks where both have a number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from zsbench.stats import Compared, Difference, Statistic, difference, holm
from zsbench.stats.estimate import Bools, Estimate, Floats, Ints, LeftOut, undefined
from zsbench.tables.measured import ProxyScores

Differences: TypeAlias = tuple[Difference | None, ...]
"""One a statistic; None where it cannot be compared so."""


def differences(
    columns: Sequence[ProxyScores], reference: ProxyScores, truth: Floats, statistics: Sequence[Statistic]
) -> Mapping[str, Differences]:
    """Return by proxy its statistics minus those of `reference`, without the reference itself; `truth` (n,) is known.

    Every statistic's p-values are corrected for all proxies of the table.
    """
    comparison = _Comparison(reference, truth)
    others = [column for column in columns if column.proxy.name != reference.proxy.name]
    by_statistic = [
        _corrected([comparison.difference(column, statistic) for column in others])
        if statistic.leaving_out
        else [None] * len(others)
        for statistic in statistics
    ]
    return {column.proxy.name: found for column, found in zip(others, zip(*by_statistic, strict=True), strict=True)}


class _Comparison:
    """The reference's side of all comparisons, computed once for all proxies that have the same networks."""

    def __init__(self, reference: ProxyScores, truth: Floats) -> None:
        self._reference = reference
        self._truth = truth
        self._known: dict[tuple[str, bytes], LeftOut] = {}

    def difference(self, column: ProxyScores, statistic: Statistic) -> Difference:
        both = column.usable & self._reference.usable
        truth = self._truth[both]
        mine, other = column.value[both], self._reference.value[both]
        if nothing := undefined(mine, truth) or undefined(other, truth):
            reason = f"on the {len(truth)} networks that have both: {nothing.reason}"
            return Difference(Estimate(nothing.value, reason=reason), len(truth))
        assert statistic.leaving_out  # noqa: S101 (the caller asks only for these)
        own = Compared(mine, truth, source=_among(column.source, both))
        return difference(statistic.leaving_out(own), self._of_reference(both, statistic))

    def _of_reference(self, both: Bools, statistic: Statistic) -> LeftOut:
        key = statistic.name, both.tobytes()
        if key not in self._known:
            assert statistic.leaving_out  # noqa: S101
            source = _among(self._reference.source, both)
            compared = Compared(self._reference.value[both], self._truth[both], source=source)
            self._known[key] = statistic.leaving_out(compared)
        return self._known[key]


def _among(source: Ints | None, kept: Bools) -> Ints | None:
    return None if source is None else source[kept]


def _corrected(found: Sequence[Difference]) -> list[Difference | None]:
    corrected = holm([one.p for one in found])
    return [dataclasses.replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]
