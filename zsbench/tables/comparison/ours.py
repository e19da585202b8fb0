"""What we measured for the parts of a table, or what is missing to measure it."""

from __future__ import annotations

from collections.abc import Sequence

from zsbench.errors import NothingToReportError
from zsbench.stats import parse_regimes
from zsbench.tables.comparison.blocks import Block
from zsbench.tables.comparison.plan import Asked, Plan
from zsbench.tables.correlations import Correlations, Question, correlations
from zsbench.tables.measured import Measured
from zsbench.tables.mixed import joined
from zsbench.tables.sources import Gap, Sources

DRAWS = 200
"""How often networks are drawn anew for intervals of top-k statistics, which few cells have."""


class Ours:
    """The stored scores of a table's datasets under one set of conditions, against its targets."""

    def __init__(self, plan: Plan, sources: Sources) -> None:
        self._plan = plan
        self._sources = sources
        self._scored = {where: _one(tables) for where, tables in sources.scores(plan.where, plan.protocol).items()}

    def correlations(self, block: Block, regime: str, statistics: Sequence[Asked]) -> Correlations | Gap:
        """Return the statistics of all proxies of the table in a regime."""
        scope = block.scope
        space = self._sources.space(scope.space)
        if isinstance(space, Gap):
            return space
        truth = self._sources.truth(scope.space, block.dataset, scope.target)
        if isinstance(truth, Gap):
            return truth
        scored = self._scored[scope.space, block.dataset]
        if scored is None:
            return self.not_scored(block)
        asked_for = tuple(one.statistic for one in statistics)
        known = self._sources.proxies
        proxies = tuple(known[name] for name in self._plan.proxies or known if name in known)
        draws = DRAWS if any(one.bootstrapped for one in asked_for) else 0
        (parsed,) = parse_regimes(regime)
        try:
            return correlations(scored, space, truth, parsed, Question(asked_for, proxies, "proxy", draws=draws))
        except NothingToReportError as error:
            return Gap(error.message)

    def not_scored(self, block: Block, *proxies: str) -> Gap:
        """Return the gap of a dataset, or of certain proxies of it, with the command that fills it."""
        command = self._sources.score_command(block.scope.space, block.dataset, self._plan.protocol, proxies)
        return Gap("not scored", command)


def _one(tables: Sequence[Measured]) -> Measured | None:
    """Return the only table of a dataset, or all in one, labelled; None if there is none."""
    return joined(tables)[0] if tables else None
