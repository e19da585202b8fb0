"""The commands that make the page and its parts again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from zsbench.figures import FigureKind
from zsbench.figures.study import Study


@dataclass(frozen=True)
class Commands:
    """What the page was asked for; every method returns a command line."""

    page: str
    """The command line that made the page."""
    proxies: tuple[str, ...] = ()
    """As given; none for all. The same holds of what follows."""
    target: str = ""
    conditions: str = ""
    results: str = ""

    def figure(self, kind: FigureKind, studies: Sequence[Study]) -> str:
        """Return what draws a figure of `studies` into a file."""
        where = self._of(studies[0]) if len(studies) == 1 else (*self._target, "--regime", studies[0].regime)
        return self._line("plot", kind.name, *where, *self._conditions, "-o", f"{kind.name}.pdf")

    def correlations(self, study: Study, *more: str, regime: str = "") -> str:
        """Return what prints the correlations of a regime, by default the study's own."""
        where = self._of(study)
        if regime:
            where = (*where[:-1], regime)
        return self._line("correlate", *where, *more)

    def printed(self, name: str) -> str:
        """Return what prints a named table."""
        return f"zsbench table {shlex.join([name, *self._results])}"

    def _of(self, study: Study) -> tuple[str, ...]:
        where = ("--space", study.space.name, "--dataset", study.measured.dataset)
        return (*where, "--target", study.truth.target, "--regime", study.regime)

    def _line(self, verb: str, *words: str) -> str:
        chosen = [word for proxy in self.proxies for word in ("--proxy", proxy)]
        return shlex.join(["zsbench", verb, *words, *chosen, *self._results])

    @property
    def _target(self) -> tuple[str, ...]:
        return ("--target", self.target) if self.target else ()

    @property
    def _conditions(self) -> tuple[str, ...]:
        return ("--conditions", self.conditions) if self.conditions else ()

    @property
    def _results(self) -> tuple[str, ...]:
        return ("--results", self.results) if self.results else ()
