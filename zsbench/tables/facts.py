"""The files of published facts that ship with zsbench, as rows of text."""

from __future__ import annotations

import csv

from zsbench.errors import ZsbenchError
from zsbench.paths import packaged


def fact_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of `data/published/NAME.csv` by column; raise `ZsbenchError` if the file cannot be read."""
    path = packaged("data") / "published" / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    except (OSError, ValueError) as error:
        raise ZsbenchError(f"cannot read the published {name}: {error}", "is the installation whole?") from error
