"""What a study comes down to, in a few sentences computed from it; none says more than the intervals allow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from zsbench.figures.study import Study
from zsbench.figures.words import listed, name, number, with_interval
from zsbench.report.lead import SIZE, Lead, is_noise
from zsbench.stats import Difference
from zsbench.stats.estimate import Z95
from zsbench.tables.captions import shown_p
from zsbench.tables.correlations import Correlations, Line


@dataclass(frozen=True)
class Finding:
    """A sentence or two under a few words of heading."""

    head: str
    text: str


@dataclass(frozen=True)
class Fact:
    """A number that stands out, and what it is."""

    value: str
    label: str


def facts(study: Study, lead: Lead | None) -> list[Fact]:
    """Return what a reader looks for first: how many, which truth, the best, the ceiling, what is missing."""
    whole = study.whole
    found = [Fact(f"{whole.networks:,}", f"networks of {len(study.space):,}"), Fact(f"{len(whole.lines)}", "proxies")]
    if lead:
        found.append(Fact(number(lead.leader.estimates[0].value), f"highest tau-b: {name(lead.leader)}"))
    if whole.ceiling and math.isfinite(whole.ceiling.values[0]):
        found.append(Fact(number(whole.ceiling.values[0]), "ceiling: a perfect proxy"))
    missing = sum(line.failed for line in whole.lines)
    found.append(Fact(f"{missing:,}", f"of {_tried(whole):,} scores without a number"))
    return found


def findings(study: Study, lead: Lead | None) -> list[Finding]:
    """Return what can be said of a study, the most asked for first."""
    if lead is None:
        return [Finding("No ranking", "No proxy has a rank correlation on these networks."), _missing(study)]
    said = [_leads(study, lead), _next(lead), *_size(lead), *_ceiling(study, lead), *_at_top(study, lead)]
    return [*said, _missing(study)]


def _leads(study: Study, lead: Lead) -> Finding:
    best, others = lead.leader, lead.ranked[1:3]
    then = f"; then {listed(f'{name(line)} {number(_tau(line))}' for line in others)}" if others else ""
    text = f"{name(best)} ranks best by {study.truth.target} accuracy: tau-b {with_interval(best.estimates[0])}{then}."
    return Finding("Leader", text)


def _next(lead: Lead) -> Finding:
    if len(lead.ranked) < 2:
        return Finding("Over the next", "No other proxy has a rank correlation here.")
    best, second = name(lead.leader), name(lead.ranked[1])
    found = lead.from_leader.get(second)
    text = f"{best} and {second} cannot be compared." if found is None else _verdict(lead, second, found)
    alike = [proxy for proxy, one in lead.from_leader.items() if proxy != second and is_noise(one)]
    also = " either" if found is not None and is_noise(found) else ""
    if alike:
        text += f" {listed(alike)} cannot be told apart from {best}{also}."
    return Finding("Over the next", text)


def _verdict(lead: Lead, other: str, found: Difference) -> str:
    by = f"{name(lead.leader)} leads {other} by {with_interval(found.estimate)}{_on(lead, found)}"
    return f"{by}: {'not more' if is_noise(found) else 'more'} than noise ({_p(found)})."


def _size(lead: Lead) -> list[Finding]:
    if not lead.from_size:
        return []
    better = [proxy for proxy, found in lead.from_size.items() if not is_noise(found) and found.estimate.value > 0]
    worse = [proxy for proxy, found in lead.from_size.items() if not is_noise(found) and found.estimate.value < 0]
    open_ = len(lead.from_size) - len(better) - len(worse)
    best = name(lead.leader)
    text = f"{SIZE} itself leads." if best == SIZE else ""
    if (found := lead.from_size.get(best)) is not None:
        text = f"{best} is {with_interval(found.estimate)} above {SIZE}{_on(lead, found)}: "
        text += f"{'not more' if is_noise(found) else 'more'} than noise ({_p(found)})."
    text += f" Of {len(lead.from_size)} proxies, {_count(better)} better than {SIZE} beyond noise"
    text += f"{_named(better)}, {len(worse)} worse, {open_} cannot be told apart from it."
    return [Finding("Over #Params", text.strip())]


def _on(lead: Lead, found: Difference) -> str:
    """Say on which networks two are compared, where it is not on all that the leader ranks."""
    return (
        ""
        if found.n == max(line.n for line in lead.ranked)
        else f" on the {found.n:,} networks where both have a number"
    )


def _count(names: list[str]) -> str:
    return f"{len(names)} {'is' if len(names) == 1 else 'are'}" if names else "none is"


def _named(names: list[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _ceiling(study: Study, lead: Lead) -> list[Finding]:
    whole = study.whole
    if not whole.ceiling or not math.isfinite(whole.ceiling.values[0]):
        return [
            Finding(
                "Ceiling", "The noise of these accuracies is not known, so neither is what a perfect proxy would reach."
            )
        ]
    ceiling = whole.ceiling.values[0]
    text = (
        f"A perfect proxy would reach tau-b {number(ceiling)}, for the noise of the accuracies ({whole.ceiling.source})"
    )
    return [Finding("Ceiling", f"{text}: {name(lead.leader)} stays {number(ceiling - _tau(lead.leader))} below.")]


def _at_top(study: Study, lead: Lead) -> list[Finding]:
    top = next((part for part in study.parts if part.regime.name == study.within("top5%")), None)
    there = {name(line): line for line in top.lines if math.isfinite(_tau(line))} if top else {}
    if top is None or not there:
        return [Finding("Top 5 %", "Too few networks are scored to say anything about the best 5 %.")]
    best, own = max(there.values(), key=_tau), there.get(name(lead.leader))
    text = f"Among the best 5 % by accuracy ({top.networks:,} networks), {_best_there(best, own)}. "
    both = [(line, there[name(line)]) for line in lead.ranked if name(line) in there]
    lower = sum(_tau(inside) < _tau(line) for line, inside in both)
    blind = sum(inside.estimates[0].low <= 0 <= inside.estimates[0].high for inside in there.values())
    text += f"{lower} of {len(both)} proxies correlate less than over all; the intervals of {blind} include 0"
    return [Finding("Top 5 %", f"{text}{_expectation(top)}.")]


def _best_there(best: Line, own: Line | None) -> str:
    """Say what becomes of the leader, and who leads there."""
    highest = f"{name(best)} has tau-b {with_interval(best.estimates[0])}, the highest"
    if own is best:
        return f"{highest} there too"
    return highest if own is None else f"{name(own)} has tau-b {with_interval(own.estimates[0])}; {highest}"


def _expectation(top: Correlations) -> str:
    """Say what chance gives on so few networks, and what the noise of their accuracies leaves to be known."""
    chance = top.null_stderr
    said = f"; unrelated rankings of {top.networks:,} have a standard error of {number(chance)}"
    ceiling = top.ceiling.values[0] if top.ceiling else math.nan
    if math.isnan(ceiling):
        return said
    if ceiling < Z95 * chance:
        return f"{said}, from which even a perfect proxy would not stand out"
    return f"{said}, a perfect proxy would reach {number(ceiling)}"


def _missing(study: Study) -> Finding:
    whole = study.whole
    text = (
        f"{whole.networks:,} of the {len(study.space):,} networks of {study.space.name} are scored and in the regime "
    )
    text += f"{whole.regime.name}. "
    failed = [line.failed for line in whole.lines if line.failed]
    if failed:
        text += f"{sum(failed):,} of {_tried(whole):,} scores, of {_proxies(len(failed))}, have no number (at most "
        text += f"{max(failed):,} a proxy); they are left out, never replaced."
    else:
        text += "Every score has a number."
    if whole.undefined:
        text += f" Not defined on these networks: {listed(whole.undefined)}."
    return Finding("Networks and failures", text)


def _proxies(count: int) -> str:
    return f"{count} {'proxy' if count == 1 else 'proxies'}"


def _tried(whole: Correlations) -> int:
    return sum(int(line.scores.scored.sum()) for line in whole.lines)


def _tau(line: Line) -> float:
    return line.estimates[0].value


def _p(found: Difference) -> str:
    shown = shown_p(found.p_holm)
    if shown is None:
        return "p is not known"
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"
