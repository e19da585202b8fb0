"""What every reading command does first: open the store, say what cannot be used, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn
from zsbench.errors import NothingToReportError

if TYPE_CHECKING:
    from zsbench.store import Scores


def folder_of_scores(results: Path | None) -> Path:
    """Return the folder of the score files; `results` is what `--results` said."""
    from zsbench.paths import results_folder
    from zsbench.store.files import scores_folder

    return scores_folder(results_folder(results))


def own_scores(results: Path | None) -> Path:
    """Return the same to read from: `--results` may name a score file then."""
    from zsbench.paths import results_folder
    from zsbench.store.files import place_of_scores

    return place_of_scores(results_folder(results))


def scores_to_read(results: Path | None) -> Path:
    """Return where to read scores: there or, as long as there are none, what comes with zsbench, and say so."""
    from zsbench.store.shipped import place_to_read, said_of

    place = place_to_read(results)
    if text := said_of(place):
        note(text)
    return place


def current_versions() -> dict[str, int]:
    """Return the version of the definition of every proxy known here."""
    from zsbench.registry import proxies

    return {name: proxy.version for name, proxy in proxies().items()}


def stored_scores(results: Path | None, *, space: str | None = None, dataset: str | None = None) -> Scores:
    """Return the stored scores of today's definitions, or those that come with zsbench; warn about the rest.

    Raises `NothingToReportError` if there are none.
    """
    from zsbench.store import read_scores

    place = scores_to_read(results)
    scores = read_scores(place, space=space, dataset=dataset, versions=current_versions())
    say_what_is_left_out(scores)
    if not any(s.columns for s in scores.sets):
        raise nothing_stored(own_scores(results), space, dataset)
    return scores


def say_what_is_left_out(scores: Scores) -> None:
    """Warn on stderr about unreadable files, and note scores of other versions of a definition."""
    for problem in scores.problems:
        warn(str(problem))
    if scores.stale:
        which = ", ".join(f"{proxy} {count:,}" for proxy, count in sorted(scores.stale.items()))
        note(f"left out, as their definitions have changed since (`zsbench score` computes them anew): {which}")


def nothing_stored(folder: Path, space: str | None = None, dataset: str | None = None) -> NothingToReportError:
    """Return the error for a store that has nothing to answer with."""
    what = f" of {'/'.join(name for name in (space, dataset) if name)}" if space or dataset else ""
    command = f"zsbench score --space {space or 'nb201'} --dataset {dataset or 'cifar10'} --sample 150"
    return NothingToReportError(f"no scores{what} are stored in {folder}", command)
