"""What stands below a table of correlations: targets, networks, conditions, how to read it, what brings the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from zsbench.spaces.base import Truth
from zsbench.tables.comparison.plan import Plan
from zsbench.tables.comparison.rows import Row
from zsbench.tables.correlations import Correlations
from zsbench.tables.sources import Sources
from zsbench.tables.verdict import Outcome, outcome_of

_LEGEND = (
    (
        "Published: as printed, with source keys (data/published/sources.bib). Difference: from the nearer end of the "
        "published values, rounding included. Verdict: inside them; within 0.03 of them; within our 95 % interval, or "
        "within the sampling error of the random networks that they are over; else outside, by how much."
    ),
    (
        "Ties: tau-b (kendall) and rho (spearman) count them. Intervals: distribution-free (delete-one jackknife, "
        "Fisher-transformed). Failed: networks tried that have no number, left out."
    ),
)
_WIDER = (
    "whole: ours over the wider regime, that before top5%; change: what the best networks by accuracy lose or gain "
    "against it; null stderr: standard error of tau between unrelated rankings of as many networks: a tau within two "
    "of them is none."
)
_SAMPLED = "Ours over a sample: of twenty cells that agree one lies outside its 95 % interval by chance."
_LACKING = frozenset({Outcome.MISSING, Outcome.NOT_COMPARABLE})


def notes(
    plan: Plan, sources: Sources, rows: Sequence[Row], found: Sequence[Correlations], said: Sequence[str]
) -> list[str]:
    """Return all captions; `found` is what was measured, `said` what is known of the published rows."""
    return [
        *_targets(found),
        *_networks(found, sources),
        *_conditions(found),
        *_LEGEND,
        *_wider(plan),
        *said,
        *_without_number(rows),
        *_brings(rows),
        f"Made by: zsbench table {plan.name}.",
    ]


def _targets(found: Sequence[Correlations]) -> list[str]:
    truths: dict[tuple[str, str, str], Truth] = {(one.space, one.dataset, one.truth.target): one.truth for one in found}
    return [f"Target {target} of {space} {dataset}: {t.source}." for (space, dataset, target), t in truths.items()]


def _networks(found: Sequence[Correlations], sources: Sources) -> list[str]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for one in found:
        counts.setdefault((one.space, one.dataset), {})[one.regime.name] = one.networks
    said = []
    for (space, dataset), regimes in counts.items():
        size = len(sources.spaces[space])
        listed = ", ".join(f"{n:,} {regime}" for regime, n in regimes.items())
        said.append(f"Networks scored, {space} {dataset}: {listed}; the space has {size:,}.")
        if max(regimes.values()) < size and _SAMPLED not in said:
            said.append(_SAMPLED)
    return said


def _conditions(found: Sequence[Correlations]) -> list[str]:
    under: dict[str, dict[str, None]] = {}
    for one in found:
        for line in one.lines:
            for conditions in line.scores.conditions:
                text = f"{conditions.id}: {conditions.describe()}"
                under.setdefault(text, {})[f"{one.space} {one.dataset}"] = None
    return [f"Conditions {text} ({', '.join(where)})." for text, where in under.items()]


def _wider(plan: Plan) -> list[str]:
    return [_WIDER] if any(population.whole for scope in plan.scopes for population in scope.populations) else []


def _without_number(rows: Sequence[Row]) -> list[str]:
    """Count the cells that have no number to compare, by the reason."""
    counts = Counter(row.verdict for row in rows if outcome_of(row.verdict) in _LACKING)
    return [f"{verdict[0].upper()}{verdict[1:]} ({count:,} cells)." for verdict, count in counts.most_common()]


def _brings(rows: Sequence[Row]) -> list[str]:
    """Return the commands that bring what is missing; of single proxies of a dataset one for all."""
    commands: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.brings:
            command, *proxies = row.brings.split(" --proxy ")
            commands.setdefault(command, {}).update(dict.fromkeys(proxies))
    joined = (" --proxy ".join((command, *proxies)) for command, proxies in commands.items())
    return [f"To bring what is missing: {command}" for command in joined]
