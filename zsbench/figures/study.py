"""What figures and the report are drawn from: one table of scores against one truth, and what follows from them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from zsbench.errors import NothingToReportError
from zsbench.registry import Proxy
from zsbench.spaces.base import Space, Truth
from zsbench.stats import parse_regimes, parse_statistic
from zsbench.tables.correlations import Correlations, Line, Question, correlations
from zsbench.tables.measured import Measured

PARTS = ("all", "valid", "unique", "top5%")
"""The regimes that stand side by side."""
CUTS = (100.0, 80.0, 60.0, 45.0, 35.0, 25.0, 18.0, 12.5, 9.0, 6.5, 5.0, 3.5, 2.5, 1.75, 1.25, 1.0)
"""Per cent: the best so many by accuracy; about evenly apart on a logarithmic scale."""
FEWEST = 10
"""Networks below which a cut says nothing."""
_TAU = parse_statistic("kendall")


@dataclass(frozen=True, eq=False)
class Study:
    """One table of scores against one truth; `regime` is what every figure is over, or part of it."""

    measured: Measured
    space: Space
    truth: Truth
    proxies: tuple[Proxy, ...]
    regime: str = "all"

    @property
    def name(self) -> str:
        """Space and dataset."""
        return f"{self.space.name} {self.measured.dataset}"

    @cached_property
    def whole(self) -> Correlations:
        """tau-b over the regime, with the ceiling, best first; raises `NothingToReportError` if it is empty."""
        return self.tau_in(self.regime)

    @property
    def ranked(self) -> list[Line]:
        """The proxies with a tau-b over the regime, best first; raises `NothingToReportError` if there is none."""
        lines = [line for line in self.whole.lines if math.isfinite(line.estimates[0].value)]
        if not lines:
            raise NothingToReportError("no correlation is defined on these networks", "score more of them")
        return lines

    @cached_property
    def parts(self) -> tuple[Correlations, ...]:
        """The regime and its valid, unique and best networks; without those that are empty."""
        return self._in_regimes([self.whole], [self.within(part) for part in PARTS[1:]])

    @cached_property
    def cuts(self) -> tuple[tuple[float, Correlations], ...]:
        """(per cent, tau-b among the best so many), from all to few; at least `FEWEST` networks each."""
        shares = [share for share in CUTS[1:] if self.whole.networks * share / 100 >= FEWEST]
        found = self._in_regimes([self.whole], [self.within(f"top{share:g}%") for share in shares])
        return tuple(zip((CUTS[0], *shares), found, strict=True))

    @cached_property
    def by_target(self) -> Mapping[str, Correlations]:
        """Installed target -> tau-b over the regime, without the ceiling; versions of a target apart are left out."""
        targets = [name for name in self.space.targets(self.measured.dataset) if "@" not in name]
        names = list(dict.fromkeys([self.truth.target, *sorted(targets)]))
        found = {self.truth.target: self.whole}
        for name in names[1:]:
            other = dataclasses.replace(self, truth=self.space.truth(self.measured.dataset, name))
            try:
                found[name] = other.answer(self.regime, Question((_TAU,), self.proxies))
            except NothingToReportError:
                continue  # none of these networks has that accuracy
        return found

    def within(self, part: str) -> str:
        """Return the name of a part of the regime."""
        return part if self.regime == "all" else f"{self.regime}&{part}"

    def tau_in(self, regime: str) -> Correlations:
        """Return tau-b of every proxy in a regime, with the ceiling; raise `NothingToReportError` if it is empty."""
        return self.answer(regime, Question((_TAU,), self.proxies, ceiling=True))

    def answer(self, regime: str, question: Question) -> Correlations:
        """Return what is asked of one regime; raise `NothingToReportError` if it is empty."""
        (parsed,) = parse_regimes(regime)
        return correlations(self.measured, self.space, self.truth, parsed, question)

    def _in_regimes(self, found: list[Correlations], regimes: list[str]) -> tuple[Correlations, ...]:
        for regime in regimes:
            try:
                found.append(self.tau_in(regime))
            except NothingToReportError:
                continue  # a part without networks has no place in a figure
        return tuple(found)
