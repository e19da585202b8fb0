"""A score: the number a proxy gives one architecture, or the honest reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What came of computing a score. Only `ok` and `degenerate` may carry a value."""

    OK = "ok"
    DEGENERATE = "degenerate"
    """The evidence carries no information (dead network, all gradients zero); a value is kept if it is finite."""
    NAN = "nan"
    INF = "inf"
    FAILED = "failed"
    OOM = "oom"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Score:
    """One proxy on one architecture. `value` is raw (not yet oriented) and NaN where there is none."""

    index: int
    arch: str
    proxy: str
    version: int
    """Version of the proxy's definition."""
    value: float
    status: Status
    seconds: float
    """Cost of this proxy alone on the measuring machine: all passes it needs, counted in full, and its own work."""
    reason: str = ""
