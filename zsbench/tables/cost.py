"""What a ranking costs: which proxies no other beats at both, by the first statistic and by seconds a network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zsbench.tables.correlations import Correlations, Line


_MUCH = 1.1
"""Times closer than this factor are equal: they are measured on busy machines."""


def on_front(line: Line, result: Correlations) -> bool:
    """Return whether no other proxy ranks better in about the time, or as well in less (the Pareto front)."""
    sign = -1 if result.statistics[0].lower_is_better else 1
    value, seconds = sign * line.estimates[0].value, line.seconds
    if math.isnan(value) or math.isnan(seconds):
        return False
    return not any(
        (sign * other.estimates[0].value == value and other.seconds < seconds / _MUCH)
        or (sign * other.estimates[0].value > value and other.seconds <= seconds * _MUCH)
        for other in result.lines
    )


def explained(result: Correlations) -> list[str]:
    """Say what the cost is."""
    if not result.with_cost:
        return []
    cost = (
        "ms/network: median, of the proxy with all passes that it needs (shared ones are counted for each proxy that "
        "shares them), as stored: it depends on the machine."
    )
    return [cost, "Pareto: no proxy of the table ranks better in the same time (within 10 %), or as well in less."]
