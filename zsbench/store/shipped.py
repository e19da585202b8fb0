"""The scores that come with zsbench, for whoever has none of their own yet."""

from __future__ import annotations

from pathlib import Path

from zsbench.paths import packaged, results_folder
from zsbench.store.files import place_of_scores, score_files
from zsbench.store.reader import read_score_file

FILE = "nb201.h5"


def _shipped() -> Path:
    return packaged("results/baselines") / FILE


def place_to_read(results: Path | None = None) -> Path:
    """Return where to read scores: the folder of `results` (or the file they are), or what comes with zsbench.

    The latter only if no `results` are named and nothing is stored in the default folder. Raises `ZsbenchError` if that
    folder cannot be read.
    """
    own = place_of_scores(results_folder(results))
    return _shipped() if results is None and _shipped().is_file() and not score_files(own) else own


def covered_by(place: Path) -> str:
    """Return the datasets that the scores at `place` are of, if they come with zsbench; empty for the user's own."""
    if place != _shipped():
        return ""
    datasets: dict[str, list[str]] = {}
    for one in read_score_file(place).sets:
        datasets.setdefault(one.space, []).append(one.dataset)
    return "; ".join(f"{space}: {', '.join(dict.fromkeys(names))}" for space, names in sorted(datasets.items()))


def said_of(place: Path) -> str:
    """Return what to say of scores read from `place`: nothing of the user's own."""
    own = place_of_scores(results_folder())
    if place != _shipped() or score_files(own):
        return ""
    return f"These scores come with zsbench, as none are stored in {own} yet: `zsbench score` makes your own."
