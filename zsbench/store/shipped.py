"""The scores that come with zsbench, for whoever has none of their own yet."""

from __future__ import annotations

from pathlib import Path

from zsbench.paths import packaged, results_folder
from zsbench.store.files import score_files, scores_folder
from zsbench.store.reader import read_score_file

FILE = "nb201.h5"


def place_to_read(results: Path | None = None) -> Path:
    """Return where to read scores: the folder of `results`, or the file that comes with zsbench.

    The latter only if no `results` are named and nothing is stored in the default folder. Raises `ZsbenchError` if that
    folder cannot be read.
    """
    own = scores_folder(results_folder(results))
    shipped = packaged("results/baselines") / FILE
    return shipped if results is None and shipped.is_file() and not score_files(own) else own


def covered_by(place: Path) -> str:
    """Return the datasets that the scores at `place` are of, if they come with zsbench; empty for the user's own."""
    if not place.is_file():
        return ""
    datasets: dict[str, list[str]] = {}
    for one in read_score_file(place).sets:
        datasets.setdefault(one.space, []).append(one.dataset)
    return "; ".join(f"{space}: {', '.join(dict.fromkeys(names))}" for space, names in sorted(datasets.items()))


def said_of(place: Path) -> str:
    """Return what to say of scores read from `place`: nothing of the user's own."""
    if not place.is_file():
        return ""
    own = scores_folder(results_folder())
    return f"These scores come with zsbench, as none are stored in {own} yet: `zsbench score` makes your own."
