"""One cell of a table of correlations: the published values, ours, and the verdict on the two."""

from __future__ import annotations

import math
from dataclasses import replace

from zsbench.stats import Estimate, null_stderr
from zsbench.stats.estimate import Z95
from zsbench.tables.comparison.plan import Asked, Population
from zsbench.tables.comparison.rows import Row
from zsbench.tables.correlations import Correlations, Line
from zsbench.tables.published import Spread
from zsbench.tables.sources import Gap
from zsbench.tables.verdict import INSIDE, NOTHING_PUBLISHED, missing, not_comparable, outside, within

TOLERANCE = 0.03
"""A reproduction on another draw of weights and inputs agrees within this much of tau, rho or a share."""


def unmeasured(row: Row, reason: Gap | str) -> Row:
    """Return a row without a number of ours; `reason` is what is missing, or the verdict."""
    if isinstance(reason, Gap):
        return replace(row, brings=reason.brings, verdict=missing(reason.why))
    return replace(row, verdict=reason)


def measured(row: Row, line: Line, number: int, statistic: Asked, population: Population, values: Spread | None) -> Row:
    """Return a row with the estimate of the place `number` among those of a line, beside the published `values`."""
    found = line.estimates[number]
    ours = unsigned(found) if statistic.absolute else found
    conditions = "+".join(one.id for one in line.scores.conditions)
    row = replace(
        row,
        proxy=line.scores.proxy.name,
        measures=line.scores.measures,
        n=line.n,
        failed=line.failed,
        conditions=conditions,
    )
    if math.isnan(ours.value):
        return replace(row, verdict=not_comparable(ours.reason or "undefined on these networks"))
    row = replace(row, measured=ours.value, low=ours.low, high=ours.high)
    if values is None:
        return replace(row, verdict=NOTHING_PUBLISHED)
    row = replace(row, difference=values.distance(ours.value))
    if statistic.counts and population.size and line.n + line.failed < population.size:
        return replace(
            row, verdict=not_comparable(f"{statistic.name} hangs on a count, theirs is of {population.size:,}")
        )
    return replace(row, verdict=verdict(values, ours, line.n, population.sample))


def unsigned(found: Estimate) -> Estimate:
    """Return the estimate of the absolute value; an interval with 0 inside begins there."""
    ends = abs(found.low), abs(found.high)
    low = 0.0 if found.low <= 0 <= found.high else min(ends)
    return replace(found, value=abs(found.value), low=low, high=max(ends))


def verdict(published: Spread, ours: Estimate, n: int, sample: int | None = None) -> str:
    """Say how our value over `n` networks stands to the published ones; those may be over `sample` random networks."""
    distance = published.distance(ours.value)
    if distance == 0:
        return INSIDE
    if abs(distance) <= TOLERANCE:
        return within(str(TOLERANCE))
    if ours.low <= published.high and ours.high >= published.low:
        return within("our interval")
    if sample and abs(distance) <= Z95 * ours.stderr * math.sqrt(n / sample):
        return within(f"the error of {sample:,} networks")
    return outside(distance)


def against(row: Row, found: Correlations, whole: Correlations, number: int) -> Row:
    """Return a measured row of `found` with the value over the wider regime."""
    if row.measured is None or row.n is None:
        return row
    line = next((line for line in whole.lines if line.scores.proxy.name == row.proxy), None)
    before = line.estimates[number].value if line else math.nan
    own = found.null_stderr if found.shared else null_stderr(row.n)
    noise = own if row.statistic == "kendall" and row.n > 1 else None
    return replace(row, whole=before, change=row.measured - before, null_stderr=noise)
