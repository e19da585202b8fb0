"""The whole page: chapters of figures and tables, set into the template; one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsbench import __version__
from zsbench.errors import NothingToReportError, ZsbenchError
from zsbench.figures import FIGURES, FigureKind, draw
from zsbench.figures.drawn import as_svg
from zsbench.figures.study import Study
from zsbench.figures.words import listed
from zsbench.provenance import Provenance
from zsbench.report.commands import Commands
from zsbench.report.findings import Fact, Finding, facts, findings
from zsbench.report.inline import Styles, inlined
from zsbench.report.lead import SIZE, Lead, lead_of, lead_table
from zsbench.report.look import palette
from zsbench.report.origin import commit, conditions_table, runs_table, scores_table, truths_table, versions
from zsbench.report.printed import Printed, printed
from zsbench.report.sheet import Sheet, sheet
from zsbench.stats import DEFAULT, parse_statistic
from zsbench.tables.bias import bias_of, bias_table
from zsbench.tables.correlations import Question
from zsbench.tables.people import people_table
from zsbench.tables.sources import Sources
from zsbench.tables.table import Table

LIMIT = 5_000_000
"""Bytes: what can still be sent by mail."""
_TEMPLATES = Path(__file__).parent / "templates"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Figure:
    """A figure of the page."""

    id: str
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


@dataclass(frozen=True)
class Comparison:
    """A named table: published beside ours."""

    name: str
    title: str
    counts: str
    sheets: list[Sheet]
    command: str


@dataclass(frozen=True)
class Making:
    """How and when the page was made."""

    commands: Commands
    own: Provenance
    """Of the process that makes the page; `started` is when."""
    runs: Sequence[Provenance] = ()
    """Those that scored."""


def page(studies: Sequence[Study], sources: Sources, making: Making) -> str:
    """Return the page of one study or several.

    Raises `NothingToReportError` if their regime is empty, `ZsbenchError` if the page would be larger than `LIMIT`.
    """
    styles = Styles()
    across = [figure for kind in FIGURES if kind.across for figure in _figures(kind, studies, "across", making, styles)]
    chapters = [_chapter(study, f"s{place}", making, styles) for place, study in enumerate(studies, start=1)]
    text = _rendered(
        title=_title(studies),
        studies=studies,
        version=__version__,
        made=_moment(making.own.started),
        across=across,
        chapters=chapters,
        comparisons=[_comparison(one, making.commands) for one in printed(studies, sources)],
        origins=[sheet(table, f"origin-{place}") for place, table in enumerate(_origins(studies))],
        details=[sheet(table, f"detail-{place}") for place, table in enumerate(_details(studies, making))],
        making=making,
        own_versions=versions(making.own),
        own_commit=commit(making.own),
        scored_by=list(dict.fromkeys(run.command for run in making.runs if run.command)),
        styles=f"{palette()}\n{_file('page.css')}\n{styles.css()}\n",
        script=_file("page.js"),
    )
    if (size := len(text.encode())) > LIMIT:
        raise ZsbenchError(
            f"the page would have {size / 1e6:.1f} MB, more than {LIMIT / 1e6:g}", "one dataset a page: --dataset NAME"
        )
    return text


def _title(studies: Sequence[Study]) -> str:
    spaces: dict[str, list[str]] = {}
    for study in studies:
        spaces.setdefault(study.space.name, []).append(study.measured.dataset)
    return "; ".join(f"{space} {listed(datasets)}" for space, datasets in spaces.items())


def _moment(started: str) -> str:
    return f"{started[:16].replace('T', ' ')} UTC"


def _figures(
    kind: FigureKind, studies: Sequence[Study], chapter: str, making: Making, styles: Styles
) -> Iterator[Figure]:
    """Yield a figure, or none where there is nothing to draw; the log says why."""
    _log.debug("drawing %s", kind.name)
    try:
        drawn = draw(kind, studies)
    except NothingToReportError as error:
        _log.warning("no figure %s: %s", kind.name, error.message)
        return
    name = f"{chapter}-{kind.name}"
    svg = inlined(as_svg(drawn), name, styles)
    yield Figure(name, drawn.title, drawn.caption, drawn.alt, svg, making.commands.figure(kind, studies))


def _chapter(study: Study, id_: str, making: Making, styles: Styles) -> Chapter:
    lead = lead_of(study)
    figures = [figure for kind in FIGURES if not kind.across for figure in _figures(kind, [study], id_, making, styles)]
    over = f"Target {study.truth.target}: {study.truth.source}"
    sheets = list(_sheets(study, lead, id_, making.commands))
    return Chapter(id_, study.name, over, facts(study, lead), findings(study, lead), figures, sheets)


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


def _comparison(one: Printed, commands: Commands) -> Comparison:
    counts = ", ".join(f"{count:,} {outcome.value}" for outcome, count in one.cells.items())
    sheets = [sheet(view, f"{one.name}-{place}") for place, view in enumerate(one.views, start=1)]
    return Comparison(one.name, one.title, counts, sheets, commands.printed(one.name))


def _origins(studies: Sequence[Study]) -> list[Table]:
    return [truths_table(studies), conditions_table(studies)]


def _details(studies: Sequence[Study], making: Making) -> list[Table]:
    return [scores_table(studies), *([runs_table(making.runs)] if making.runs else [])]


def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _rendered(*, styles: str, script: str, **given: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.jinja").render(
        **given,
        styles=Markup(styles),  # noqa: S704 (ours)
        script=Markup(script),  # noqa: S704
        style_hash=_hash(styles),
        script_hash=_hash(script),
    )


def _hash(text: str) -> str:
    """Return what a content security policy allows an inline element by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
