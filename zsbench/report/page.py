"""The whole page: chapters of figures and tables, set into the template; one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zsbench import __version__
from zsbench.errors import NothingToReportError, ZsbenchError
from zsbench.figures import FIGURES
from zsbench.figures.study import Study
from zsbench.figures.words import listed
from zsbench.provenance import Provenance
from zsbench.report.chapter import chapter_of, figures_of
from zsbench.report.commands import Commands
from zsbench.report.inline import Styles
from zsbench.report.look import palette
from zsbench.report.origin import commit, conditions_table, runs_table, scores_table, truths_table, versions
from zsbench.report.printed import Printed, printed
from zsbench.report.sheet import Sheet, sheet
from zsbench.tables.sources import Sources
from zsbench.tables.table import Table

LIMIT = 5_000_000
"""Bytes: what can still be sent by mail."""
_LARGEST = "scatter"
"""The figure whose pictures take most."""
_TEMPLATES = Path(__file__).parent / "templates"
_log = logging.getLogger(__name__)


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
    """Return the page of one study or several; where it would be larger than `LIMIT`, without the largest figures.

    Raises `NothingToReportError` if their regime is empty, `ZsbenchError` if the page is too large all the same.
    """
    studies = _with_networks(studies)
    styles = Styles()
    across = figures_of([kind for kind in FIGURES if kind.across], studies, "across", making.commands, styles)
    kinds = [kind for kind in FIGURES if not kind.across]
    chapters = [chapter_of(one, f"s{place}", kinds, making.commands, styles) for place, one in enumerate(studies, 1)]
    given: dict[str, Any] = {
        "title": _title(studies),
        "studies": studies,
        "over": _over(studies),
        "version": __version__,
        "made": _moment(making.own.started),
        "across": across,
        "comparisons": [_comparison(one, making.commands) for one in printed(studies, sources)],
        "origins": [sheet(table, f"origin-{place}") for place, table in enumerate(_origins(studies))],
        "details": [sheet(table, f"detail-{place}") for place, table in enumerate(_details(studies, making))],
        "making": making,
        "own_versions": versions(making.own),
        "own_commit": commit(making.own),
        "scored_by": list(dict.fromkeys(run.command for run in making.runs if run.command)),
        "styles": f"{palette()}\n{_file('page.css')}\n{styles.css()}\n",
        "script": _file("page.js"),
    }
    text = _rendered(chapters=chapters, **given)
    if len(text.encode()) > LIMIT:
        _log.warning("%s are left out: with them, the page would have more than %g MB", _LARGEST, LIMIT / 1e6)
        text = _rendered(chapters=[chapter.without(_LARGEST) for chapter in chapters], **given)
    if (size := len(text.encode())) > LIMIT:
        raise ZsbenchError(
            f"the page would have {size / 1e6:.1f} MB, more than {LIMIT / 1e6:g}", "one dataset a page: --dataset NAME"
        )
    return text


def _with_networks(studies: Sequence[Study]) -> list[Study]:
    """Return the studies with anything in their regime; raise `NothingToReportError` if none has."""
    kept: list[Study] = []
    why: list[NothingToReportError] = []
    for study in studies:
        try:
            lines = study.whole.lines
        except NothingToReportError as error:
            why.append(error)
            continue
        if lines:
            kept.append(study)
        else:
            message = f"none of the proxies asked for has scores of {study.name} in the regime {study.regime}"
            why.append(NothingToReportError(message, "zsbench scores ls"))
    if not kept:
        raise why[0]
    for reason in why:
        _log.warning("%s", reason.message)
    return kept


def _title(studies: Sequence[Study]) -> str:
    spaces: dict[str, list[str]] = {}
    for study in studies:
        spaces.setdefault(study.space.name, []).append(study.measured.dataset)
    return "; ".join(f"{space} {listed(datasets)}" for space, datasets in spaces.items())


def _over(studies: Sequence[Study]) -> str:
    """Say which target and regime all are of, or each."""
    said = {study.name: f"target {study.truth.target}, regime {study.regime}" for study in studies}
    first = said[studies[0].name]
    if len(set(said.values())) == 1:
        return first[0].upper() + first[1:]
    return "; ".join(f"{name}: {text}" for name, text in said.items())


def _moment(started: str) -> str:
    return f"{started[:16].replace('T', ' ')} UTC"


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
