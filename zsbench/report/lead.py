"""Who leads, and whether the lead is more than noise: every proxy against #Params and against the leader."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from zsbench.figures.study import Study
from zsbench.figures.words import name
from zsbench.stats import Difference, parse_statistic
from zsbench.tables.captions import interval, shown_p, title
from zsbench.tables.correlations import Line, Question
from zsbench.tables.table import Cell, Column, Table

SIZE = "params"
"""The proxy that all have to beat: the number of weights."""
LEVEL = 0.05
"""p-values (Holm's) below it are called more than noise."""
_TAU = parse_statistic("kendall")


@dataclass(frozen=True, eq=False)
class Lead:
    """The proxies with a tau-b, best first, and their differences."""

    ranked: tuple[Line, ...]
    from_leader: Mapping[str, Difference]
    """Proxy -> the leader's tau-b minus its own; without the leader."""
    from_size: Mapping[str, Difference]
    """Proxy -> its tau-b minus that of #Params; empty where #Params is not scored."""

    @property
    def leader(self) -> Line:
        """The proxy with the highest tau-b."""
        return self.ranked[0]


def lead_of(study: Study) -> Lead | None:
    """Compare the proxies of a study over its regime; None if none of them has a tau-b."""
    ranked = tuple(line for line in study.whole.lines if math.isfinite(line.estimates[0].value))
    if not ranked:
        return None
    scored = {column.measures for column in study.measured.scores}
    size = _minus(study, SIZE) if SIZE in scored else {}
    return Lead(ranked, {proxy: _turned(one) for proxy, one in _minus(study, name(ranked[0])).items()}, size)


def _minus(study: Study, reference: str) -> dict[str, Difference]:
    """Return by proxy its tau-b minus that of `reference`, where both have one."""
    known = {proxy.name: proxy for proxy in (*study.proxies, *(column.proxy for column in study.measured.scores))}
    result = study.answer(study.regime, Question((_TAU,), study.proxies, against=known[reference]))
    found = {name(line): line.differences[0] for line in result.lines if line.differences}
    return {proxy: one for proxy, one in found.items() if one and math.isfinite(one.estimate.value)}


def _turned(found: Difference) -> Difference:
    """Return the difference the other way round."""
    one = found.estimate
    return replace(found, estimate=replace(one, value=-one.value, low=-one.high, high=-one.low))


def is_noise(found: Difference) -> bool:
    """Return whether a difference may be chance: Holm's p is not below `LEVEL`, or is not known."""
    return not found.p_holm < LEVEL


def lead_table(study: Study, lead: Lead) -> Table:
    """Return a row a proxy: its tau-b, how far it is over #Params and how far behind the leader."""
    references = {f"over {SIZE}": lead.from_size, f"behind {name(lead.leader)}": lead.from_leader}
    shown = {head: found for head, found in references.items() if found}
    columns = [Column("proxy"), Column("tau-b", 3)]
    for head in shown:
        columns += [Column(head, 3), Column("[95 %]"), Column("p"), Column("n")]
    rows = tuple(
        (
            name(line),
            line.estimates[0].value,
            *(cell for found in shown.values() for cell in _cells(found.get(name(line)))),
        )
        for line in lead.ranked
    )
    said = (
        "Differences of tau-b on the n networks where both have a number; joint delete-one jackknife; p two-sided, of "
        "no difference, corrected for all proxies of the column (Holm). The leader was found on the same networks, "
        "which flatters it a little."
    )
    return Table(f"{title(study.whole)}, differences", tuple(columns), rows, (said,))


def _cells(found: Difference | None) -> list[Cell]:
    if found is None:
        return [None, None, None, None]
    return [found.estimate.value, interval(found.estimate, 3), shown_p(found.p_holm), found.n]
