"""What the page says of one study: findings, figures, tables."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from zsbench.errors import NothingToReportError
from zsbench.figures import FigureKind, draw
from zsbench.figures.drawn import as_svg
from zsbench.figures.study import Study
from zsbench.report.commands import Commands
from zsbench.report.findings import Fact, Finding, facts, findings
from zsbench.report.inline import Styles, inlined
from zsbench.report.lead import SIZE, Lead, lead_of, lead_table
from zsbench.report.sheet import Sheet, sheet
from zsbench.stats import DEFAULT, parse_statistic
from zsbench.tables.bias import bias_of, bias_table
from zsbench.tables.correlations import Question
from zsbench.tables.people import people_table

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Figure:
    """A figure of the page; its name is that of its kind."""

    id: str
    name: str
    title: str
    caption: str
    alt: str
    svg: str
    command: str


@dataclass(frozen=True)
class Chapter:
    """What the page says of one study."""

    id: str
    name: str
    over: str
    facts: list[Fact]
    findings: list[Finding]
    figures: list[Figure]
    sheets: list[Sheet]
    left_out: tuple[str, ...] = ()
    """Commands that draw the figures left out, as the page would be too large with them."""

    def without(self, name: str) -> Chapter:
        """Return the chapter without the figures of a kind, but with the commands that draw them."""
        kept = [figure for figure in self.figures if figure.name != name]
        commands = tuple(figure.command for figure in self.figures if figure.name == name)
        return replace(self, figures=kept, left_out=self.left_out + commands)


def figures_of(
    kinds: Iterable[FigureKind], studies: Sequence[Study], prefix: str, commands: Commands, styles: Styles
) -> list[Figure]:
    """Draw `studies` (exactly one unless the kinds are across); the log says what could not be drawn, and why."""
    found = []
    for kind in kinds:
        try:
            drawn = draw(kind, studies)
        except NothingToReportError as error:
            _log.warning("no figure %s: %s", kind.name, error.message)
            continue
        id_ = f"{prefix}-{kind.name}"
        svg = inlined(as_svg(drawn), id_, styles)
        command = commands.figure(kind, studies)
        found.append(Figure(id_, kind.name, drawn.title, drawn.caption, drawn.alt, svg, command))
    return found


def chapter_of(study: Study, id_: str, kinds: Iterable[FigureKind], commands: Commands, styles: Styles) -> Chapter:
    """Return the chapter of a study with figures of these kinds; raise `NothingToReportError` for an empty regime."""
    lead = lead_of(study)
    return Chapter(
        id_,
        study.name,
        f"Target {study.truth.target}: {study.truth.source}",
        facts(study, lead),
        findings(study, lead),
        figures_of(kinds, [study], id_, commands, styles),
        list(_sheets(study, lead, id_, commands)),
    )


def _sheets(study: Study, lead: Lead | None, id_: str, commands: Commands) -> Iterator[Sheet]:
    question = Question(tuple(parse_statistic(name) for name in DEFAULT), study.proxies, ceiling=True)
    for place, part in enumerate(study.parts):
        regime = part.regime.name
        label = f"Regime {regime}: {part.networks:,} networks"
        command = commands.correlations(study, regime=regime)
        yield sheet(people_table(study.answer(regime, question)), f"{id_}-regime{place}", label=label, command=command)
    if lead:
        command = commands.correlations(study, "--stat", "kendall", "--against", SIZE)
        label = "Is one better than another on the same networks?"
        yield sheet(lead_table(study, lead), f"{id_}-lead", label=label, command=command)
    bias = bias_table(bias_of(study.whole, study.space))
    command = commands.correlations(study, "--bias")
    yield sheet(bias, f"{id_}-biases", label="Bias: what else each proxy goes with", command=command)
