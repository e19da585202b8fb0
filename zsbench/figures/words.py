"""What captions say of every figure: over which networks, which truth, which conditions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from zsbench.stats import Estimate
from zsbench.tables.correlations import Correlations, Line


def over(result: Correlations) -> str:
    """Say what a result is over, in one sentence."""
    about = (f"target {result.truth.target}", f"regime {result.regime.name}", networks(result), under(result))
    return f"{result.space} {result.dataset}, {', '.join(about)}."


def networks(result: Correlations) -> str:
    """Say over how many networks, and how many of them have a number where that differs."""
    counts = {line.n for line in result.lines}
    exact = counts <= {result.networks}
    return f"n = {result.networks:,}" + ("" if exact else f" ({min(counts):,} to {max(counts):,} a proxy)")


def under(result: Correlations) -> str:
    """Name the conditions, or say how many there are."""
    ids = sorted({conditions.id for line in result.lines for conditions in line.scores.conditions})
    return f"conditions {ids[0]}" if len(ids) == 1 else f"{len(ids)} conditions"


def name(line: Line) -> str:
    """Return the proxy's name."""
    return line.scores.proxy.name


def family(line: Line) -> str:
    """Return the proxy's family; `other` where only another project knows it."""
    return line.scores.proxy.family or "other"


def number(value: float, digits: int = 3) -> str:
    """Write a number with a true minus sign, and none before a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def with_interval(found: Estimate) -> str:
    """Write an estimate as `0.645 [0.616, 0.673]`."""
    if math.isnan(found.low):
        return number(found.value)
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def listed(texts: Iterable[str]) -> str:
    """Join as a sentence does: `a, b and c`."""
    all_of: Sequence[str] = list(texts)
    return all_of[0] if len(all_of) == 1 else f"{', '.join(all_of[:-1])} and {all_of[-1]}" if all_of else "none"
