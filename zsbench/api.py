"""The same answers as data frames, in one line: `zsbench.load_scores("nb201", "cifar10")`, `zsbench.correlate()`.

What the command line says on stderr are warnings here; its errors are raised as `ZsbenchError`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.errors import NothingToReportError, UsageError, unknown_name
from zsbench.registry import Proxy, find_space, proxies, select_proxies, spaces
from zsbench.spaces.base import Space, Truth
from zsbench.stats import DEFAULT, Regime, Statistic, parse_regimes, parse_statistic
from zsbench.store import Scores, ScoreSet, read_scores
from zsbench.store.shipped import place_to_read, said_of
from zsbench.tables.aggregates import parse_aggregate
from zsbench.tables.correlations import Correlations, Question, correlations
from zsbench.tables.foreign import beside, foreign_proxies, ours_and_theirs
from zsbench.tables.measured import Measured
from zsbench.tables.mixed import joined
from zsbench.tables.records import records_table
from zsbench.tables.shared import each_shared

if TYPE_CHECKING:
    import pandas as pd

BOOTSTRAPS = 1000
"""Draws behind the intervals of top-k statistics."""


def load_scores(
    space: str | None = None,
    dataset: str | None = None,
    *,
    proxy: str | Iterable[str] = "all",
    wide: bool = False,
    results: Path | str | None = None,
) -> pd.DataFrame:
    """Return the stored scores: one row a (network, proxy), or a network and conditions if `wide`; raw, not oriented.

    Columns: space, dataset, index, arch, proxy, score, status, seconds, conditions. What `zsbench score --unique` left
    out, as an equal network has it, is not there. Raises `NothingToReportError` if none are stored.
    """
    from zsbench.store.exchange import export_frame, export_wide

    frame = export_wide if wide else export_frame
    stored = _stored(space, dataset, results)
    names = {found.name for found in select_proxies(_several(proxy), foreign_proxies(stored.sets, proxies()))}
    fixed = {"space", "dataset", "index", "arch", "conditions"}
    whole = frame(stored)
    if wide:
        return whole[[column for column in whole.columns if column in fixed | names]]
    return whole[whole["proxy"].isin(names)].reset_index(drop=True)


def correlate(  # noqa: PLR0913 (the options of the command)
    space: str | None = None,
    dataset: str | None = None,
    *,
    proxy: str | Iterable[str] = "all",
    target: str | None = None,
    regime: str | Iterable[str] = "all",
    stat: str | Iterable[str] = DEFAULT,
    against: str | None = None,
    aggregate: str | Iterable[str] = (),
    ci: bool = True,
    ceiling: bool = False,
    with_cost: bool = False,
    mixed: bool = False,
    share: bool = False,
    results: Path | str | None = None,
) -> pd.DataFrame:
    """Return what `zsbench correlate --format json` prints: one row a (set, regime, proxy, statistic).

    Options mean what they mean there; several regimes, statistics or proxies are lists. Raises `NothingToReportError`
    if nothing is stored to answer with.
    """
    import pandas as pd

    stored = _stored(space, dataset, results)
    theirs = foreign_proxies(stored.sets, proxies())
    question = Question(
        tuple(statistics(_several(stat))),
        (*select_proxies(_several(proxy), theirs), *aggregates(_several(aggregate))),
        against=find_proxy(against, theirs) if against is not None else None,
        draws=BOOTSTRAPS if ci else 0,
        ceiling=ceiling,
        with_cost=with_cost,
    )
    regimes = [found for text in _several(regime) for found in parse_regimes(text)]
    answers = answer(stored.sets, target, regimes, question, mixed=mixed, share=share)
    for text in answers.empty:
        warnings.warn(text, stacklevel=2)
    if not answers.found:
        raise NothingToReportError("none of the proxies asked for has scores", "zsbench scores ls")
    table = records_table(answers.found, intervals=ci)
    return pd.DataFrame(table.rows, columns=[column.name for column in table.columns])


@dataclass(frozen=True)
class Answers:
    """One result a table and regime, and what there was nothing to say about."""

    found: list[Correlations]
    empty: list[str]


def answer(
    sets: Iterable[ScoreSet],
    target: str | None,
    regimes: Sequence[Regime],
    question: Question,
    *,
    mixed: bool = False,
    share: bool = False,
) -> Answers:
    """Return all results with any line; raise `NothingToReportError` if every one asked for is empty.

    `mixed`: with all conditions of a dataset in one result, labelled, instead of one result each. `share`: over all
    networks that equal a scored one, too, as is done in any case where that makes the whole space; see
    `zsbench.tables.shared`. Scores of other sources stand beside ours; see `zsbench.tables.foreign`.
    """
    found: list[Correlations] = []
    empty: list[NothingToReportError] = []
    ours, theirs = ours_and_theirs(sets, proxies())
    ours = each_shared(ours, spaces(), asked=share)
    asked = [*question.proxies, *([question.against] if question.against else [])]
    for table in beside(joined(ours) if mixed else ours, theirs, asked):
        try:
            space = find_space(table.space)
        except UsageError:
            hint = "a plug-in that is not installed? A file that `zsbench score --model` registers again?"
            empty.append(NothingToReportError(f"scores of {table.space} are stored, which is no space here", hint))
            continue
        truth = find_truth(space, table, target)
        for regime in regimes:
            try:
                found.append(correlations(table, space, truth, regime, question))
            except NothingToReportError as error:
                empty.append(error)
    if empty and not found:
        raise empty[0]
    undefined = sorted({name for one in found for name in one.undefined})
    if undefined and not any(one.lines for one in found):
        raise NothingToReportError(
            f"not defined on any network scored: {', '.join(undefined)}", "zsbench show says why"
        )
    found = [one for one in found if one.lines]
    if found and not any(math.isfinite(e.value) for one in found for line in one.lines for e in line.estimates):
        reasons = {e.reason for one in found for line in one.lines for e in line.estimates}
        if len(reasons) == 1 and (reason := reasons.pop()).startswith("every network"):
            raise NothingToReportError(f"nothing can be ranked: {reason}", "zsbench list targets, zsbench scores ls")
        most = max(line.n for one in found for line in one.lines)
        raise NothingToReportError(
            f"no statistic asked for can be had from so few networks (at most {most} with a number)",
            "score more of them (zsbench score --sample N), or ask for a smaller k",
        )
    return Answers(found, [nothing.message for nothing in empty])


def find_truth(space: Space, table: Measured, target: str | None) -> Truth:
    """Return the truth called `target` of a table; see `dataset_truth`."""
    return dataset_truth(space, table.dataset, target)


def dataset_truth(space: Space, dataset: str, target: str | None) -> Truth:
    """Return the truth called `target`; raise `UsageError` if there is none.

    By default it is `test` where installed, else `valid`, else the only one there is.
    """
    installed = space.targets(dataset)
    if target is None:
        plain = [name for name in installed if "@" not in name]
        target = next(
            (name for name in ("test", "valid") if name in installed), plain[0] if len(plain) == 1 else "valid"
        )
    elif installed and target not in installed:
        error = unknown_name(f"target of {space.name} {dataset}", target, installed)
        near = f"{error.hint} " if error.hint.startswith("did you mean") else ""
        raise UsageError(
            error.message, f"{near}installed: {', '.join(installed)}; zsbench list targets says what they are"
        )
    return space.truth(dataset, target)


def find_dataset(space: str | None, dataset: str) -> str:
    """Return a dataset's name as it is stored; raise `UsageError` with a suggestion if the space has none such."""
    candidates = [find_space(space)] if space is not None else list(spaces().values())
    known = {one.name.lower(): one.name for candidate in candidates for one in candidate.datasets}
    if dataset.lower() not in known:
        raise unknown_name("dataset", dataset, known.values())
    return known[dataset.lower()]


def find_proxy(name: str, others: Mapping[str, Proxy] | None = None) -> Proxy:
    """Return one proxy by its name, or an aggregate such as `log-rank:zico,synflow`; raise `UsageError` for others.

    `others` are known by name besides those registered.
    """
    if ":" in name:
        return parse_aggregate(name)
    known = {**proxies(), **(others or {})}
    if name not in known:
        raise unknown_name("proxy", name, known)
    return known[name]


def aggregates(texts: Iterable[str]) -> list[Proxy]:
    """Return the aggregates that texts such as `log-rank:zico,synflow` name, each once."""
    found = (parse_aggregate(text) for text in texts)
    return list({one.name: one for one in found}.values())


def statistics(texts: Iterable[str]) -> list[Statistic]:
    """Return statistics by name, each once; a text may name several, joined by commas."""
    names = [name for text in texts for name in text.split(",")]
    return [parse_statistic(name) for name in dict.fromkeys(names)]


def _several(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _stored(space: str | None, dataset: str | None, results: Path | str | None) -> Scores:
    if space is not None:
        find_space(space)
    named = find_dataset(space, dataset) if dataset is not None else None
    versions = {name: known.version for name, known in proxies().items()}
    place = place_to_read(Path(results) if results is not None else None)
    stored = read_scores(place, space=space, dataset=named, versions=versions)
    if text := said_of(place):
        warnings.warn(text, stacklevel=3)
    for problem in stored.problems:
        warnings.warn(str(problem), stacklevel=3)
    for name, count in stored.stale.items():
        warnings.warn(f"{count} scores of {name} belong to another version of its definition", stacklevel=3)
    if not any(one.columns for one in stored.sets):
        where = "/".join(text for text in (space, named) if text)
        raise NothingToReportError(f"no scores{f' of {where}' if where else ''} are stored in {place}", "zsbench score")
    return stored
