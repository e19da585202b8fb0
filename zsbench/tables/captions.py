"""What stands above and below a table of correlations: what it is over, how its errors were had, what is missing."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from zsbench.stats import Estimate, Statistic
from zsbench.stats.bootstrap import LARGEST
from zsbench.tables import aggregates, cost
from zsbench.tables.shared import is_shared

if TYPE_CHECKING:
    from zsbench.tables.ceiling import Ceiling
    from zsbench.tables.correlations import Correlations

NO_EQUALS = (
    "No two of the networks scored are equal, as after a part of zsbench score --unique: no random sample of the space."
)
"""Said where `zsbench.tables.shared.without_equals`."""


def heading(statistic: Statistic) -> str:
    """Return how people see a statistic's name."""
    short = {"kendall": "tau-b", "spearman": "rho"}
    return short.get(statistic.name, statistic.name.replace("bestrank@", "best rank@"))


def interval(found: Estimate, digits: int) -> str | None:
    """Return a 95 % interval as people see it; None where there is none."""
    return None if math.isnan(found.low) else f"[{found.low:.{digits}f},{found.high:.{digits}f}]"


def shown_p(value: float) -> str | None:
    """Return a p-value as people see it; None where there is none."""
    if math.isnan(value):
        return None
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def title(result: Correlations) -> str:
    """Return what heads a table."""
    which = f", {result.label}" if result.label else ""
    return f"{result.space}, {result.dataset}, target {result.truth.target}, regime {result.regime.name}{which}"


def with_intervals(result: Correlations, *, at_top: bool) -> list[Statistic]:
    """Return the statistics whose intervals are shown; those of top-k statistics with `at_top`."""
    drawn = at_top and result.draws > 0
    return [one for one in result.statistics if one.has_interval or (one.bootstrapped and drawn)]


def captions(result: Correlations, shown: Collection[Statistic]) -> list[str]:
    """Return what a table is over: target, n, errors, ties, conditions, and what is missing.

    `shown` are the statistics whose intervals are.
    """
    said = [f"Target {result.truth.target}: {result.truth.source}.", *population(result)]
    if any(statistic.has_interval for statistic in shown):
        said.append("[95 %]: distribution-free (delete-one jackknife, Fisher-transformed).")
    if any(statistic.bootstrapped for statistic in shown):
        limit = "" if result.networks <= LARGEST else f"; none for more than {LARGEST:,} networks"
        said.append(f"[95 %] of top-k statistics: percentiles of {result.draws:,} bootstraps over networks{limit}.")
    if result.ceiling and not all(math.isnan(value) for value in result.ceiling.values):
        said.append(_ceiling(result, result.ceiling))
    said.append(
        "Ties: tau-b and rho count them; top-k statistics are expectations over random order of tied networks; "
        "ties % is the share of pairs of networks with equal scores."
    )
    if result.against:
        said.append(
            f"- {result.against}: the difference on the networks where both have a number; p of no difference, "
            "two-sided, joint delete-one jackknife, corrected for all proxies of the table (Holm)."
        )
    said += [*aggregates.explained([line.scores.proxy for line in result.lines]), *cost.explained(result)]
    for text, names in _by_conditions(result).items():
        said.append(f"Conditions {text}{names}.")
    said += _shortfalls(result)
    return said


def population(result: Correlations) -> list[str]:
    """Say over how many networks, and warn where proxies are not over the same."""
    said = [f"{result.networks:,} network{'s' * (result.networks != 1)}"]
    if result.networks > 1:
        noise = result.null_stderr
        most = "up to " if result.shared else ""
        said[0] += f"; tau between unrelated rankings of as many has a standard error of {most}{noise:.3f}"
    said[0] += "."
    if result.without_truth:
        said.append(f"{result.without_truth:,} more are scored, but their {result.truth.target} accuracy is not known.")
    if result.without_equals:
        said.append(f"{NO_EQUALS} Once it is whole, equal networks share scores.")
    if result.shared:
        columns = [line.scores.proxy for line in result.lines if not line.scores.proxy.is_aggregate]
        own = sorted(proxy.name for proxy in columns if not is_shared(proxy))
        but = f"; not those of {', '.join(own)}, which were computed elsewhere" if own else ""
        said.append(f"Equal networks share scores{but}; errors count such a score once, however many have it.")
    tried = {int(line.scores.scored.sum()) for line in result.lines}
    if tried and tried != {result.networks} and len(tried) == 1:
        said.append(f"Mind n: only {max(tried):,} of these networks are scored.")
    elif len(tried) > 1:
        said.append(
            f"Mind n: proxies are scored on {min(tried):,} to {max(tried):,} of these networks; only those over the "
            "same networks compare (--against takes the common ones)."
        )
    return said


def _ceiling(result: Correlations, found: Ceiling) -> str:
    reached = ", ".join(
        f"{heading(statistic)} {value:.{statistic.digits}f}"
        for statistic, value in zip(result.statistics, found.values, strict=True)
        if not math.isnan(value)
    )
    said = f"Ceiling: a perfect proxy would reach {reached}, for the noise of the truth ({found.source})."
    if any(
        line.estimates[at].value > value
        for line in result.lines
        for at, (statistic, value) in enumerate(zip(result.statistics, found.values, strict=True))
        if not statistic.lower_is_better
    ):
        said += " It is an estimate, rough among few networks: what lies above it owes something to chance."
    return said


def _by_conditions(result: Correlations) -> dict[str, str]:
    """Return what was measured under each conditions; which proxies, where there are several."""
    under: dict[str, list[str]] = {}
    for line in result.lines:
        for conditions in line.scores.conditions:
            under.setdefault(f"{conditions.id}: {conditions.describe()}", []).append(line.scores.proxy.name)
    return {text: f" ({', '.join(sorted(names))})" if len(under) > 1 else "" for text, names in under.items()}


def _shortfalls(result: Correlations) -> list[str]:
    """Say which proxies lack numbers, and why a statistic is undefined."""
    captions = []
    if failed := _counted({line.scores.proxy.name: line.failed for line in result.lines}):
        captions.append(f"Failed (no number, left out): {failed}.")
    if dead := _counted({line.scores.proxy.name: line.degenerate for line in result.lines}):
        captions.append(f"Degenerate (evidence without information, number kept and ranked): {dead}.")
    if result.undefined:
        captions.append(f"Not defined on these networks: {', '.join(result.undefined)}.")
    for name, parts in result.incomplete.items():
        captions.append(f"No {name}: {', '.join(parts)} {'has' if len(parts) == 1 else 'have'} no scores here.")
    return [*captions, *_undefined(result), *_not_compared(result)]


def _counted(counts: Mapping[str, int]) -> str:
    """List names by their count, the largest first, without those that count 0."""
    names: dict[int, list[str]] = {}
    for name, count in sorted(counts.items()):
        if count:
            names.setdefault(count, []).append(name)
    return "; ".join(
        f"{count:,} of {'each of ' if len(names[count]) > 1 else ''}{', '.join(names[count])}"
        for count in sorted(names, reverse=True)
    )


def _undefined(result: Correlations) -> list[str]:
    """Say why statistics have no value; proxies that share reason and statistics share a sentence."""
    sentences: dict[tuple[str, str], list[str]] = {}
    for line in result.lines:
        lacking: dict[str, list[str]] = {}
        for statistic, found in zip(result.statistics, line.estimates, strict=True):
            if found.reason:
                lacking.setdefault(found.reason, []).append(heading(statistic))
        for reason, names in lacking.items():
            what = "statistic" if len(names) == len(result.statistics) else ", ".join(names)
            sentences.setdefault((what, reason), []).append(line.scores.proxy.name)
    return [
        f"No {what} for {'any proxy' if 1 < len(names) == len(result.lines) else ', '.join(names)}: {reason}."
        for (what, reason), names in sentences.items()
    ]


def _not_compared(result: Correlations) -> list[str]:
    """Say why proxies could not be compared with the one named."""
    reasons: dict[str, list[str]] = {}
    for line in result.lines:
        for reason in {found.estimate.reason for found in line.differences if found and found.estimate.reason}:
            reasons.setdefault(reason, []).append(line.scores.proxy.name)
    return [f"No comparison for {', '.join(names)}: {reason}." for reason, names in sorted(reasons.items())]
