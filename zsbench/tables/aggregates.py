"""Aggregates that somebody asks for: `log-rank:zico,synflow,naswot`, made at analysis within each regime."""

from __future__ import annotations

from collections.abc import Sequence

from zsbench.errors import UsageError, unknown_name
from zsbench.registry import Proxy, select_proxies
from zsbench.stats.aggregate import METHODS

EXAMPLE = "log-rank:zico,synflow,naswot"
_SUMMARIES = {
    "borda": "borda: sum of ranks",
    "log-rank": "log-rank: sum of the logarithms of ranks (AZ-NAS)",
    "vote": "vote: networks beaten by majority minus those lost to",
}


def parse_aggregate(text: str) -> Proxy:
    """Return the aggregate that `METHOD:PROXY,PROXY...` names; wildcards and families are taken for proxies too.

    Raises `UsageError` for an unknown method or proxy, for fewer than two, and for parts that are aggregates.
    """
    method, names = parse_method(text, f"the proxies to aggregate, such as {EXAMPLE}")
    patterns = [name.strip() for name in names.split(",")]
    parts = [part for part in select_proxies(patterns) if not part.is_aggregate]
    if nested := [part for part in select_proxies(patterns) if part.name in patterns and part.is_aggregate]:
        raise UsageError(f"{nested[0].name} is an aggregate itself", f"name its parts: {', '.join(nested[0].of)}")
    if len(parts) < 2:
        raise UsageError(f"{text!r} aggregates fewer than two proxies", f"such as {EXAMPLE}")
    return Proxy(
        name=f"{method}:{','.join(part.name for part in parts)}",
        score=METHODS[method],
        needs=(),
        higher_is_better=True,
        family="aggregate",
        criterion="+".join(sorted({part.criterion for part in parts})),
        cite="",
        version=1,
        of=tuple(part.name for part in parts),
        experimental="",
    )


def parse_method(text: str, expected: str) -> tuple[str, str]:
    """Return the method of `METHOD:REST` and the rest; raise `UsageError` naming what is `expected` after the colon."""
    method, _, rest = text.partition(":")
    method = method.strip().lower()
    if method not in METHODS:
        raise unknown_name("way to aggregate", method, METHODS)
    if not rest.strip():
        raise UsageError(f"{text!r} lacks {expected}", f"METHOD:..., a method of {', '.join(METHODS)}")
    return method, rest.strip()


def explained(proxies: Sequence[Proxy]) -> list[str]:
    """Say what the aggregates among `proxies` are."""
    methods = {proxy.name.partition(":")[0] for proxy in proxies if proxy.is_aggregate}
    said = [summary for method, summary in _SUMMARIES.items() if method in methods]
    if not said:
        return []
    return [f"Aggregates, over the networks where all their parts have a number: {'; '.join(said)}."]
