"""Stored architectures held against the space they are said to belong to."""

from __future__ import annotations

import pandas as pd

from zsbench.errors import UsageError
from zsbench.registry import find_space, spaces
from zsbench.store.model import ScoreSet


def foreign_archs(scores: ScoreSet) -> list[str]:
    """Return a complaint if indices and archs are not those of the space; nothing if the space is not known here."""
    space = spaces().get(scores.space)
    if space is None:
        return []
    wrong = [
        (i, arch)
        for i, arch in zip(scores.index.tolist(), scores.arch.tolist(), strict=True)
        if not 0 <= i < len(space) or space.arch(i) != arch
    ]
    return [f"{scores.name}: {len(wrong)} archs are not the space's own, first {wrong[0]}"] if wrong else []


def in_own_notation(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a long-form frame with each arch written as its space does.

    Raises `UsageError` for a space or dataset that is not known here, and for an arch that cannot be read or has
    another index. A frame without these columns comes back as it is: `import_frame` says what is missing.
    """
    if not {"space", "dataset", "index", "arch"} <= set(frame.columns):
        return frame
    for name, dataset in frame[["space", "dataset"]].drop_duplicates().itertuples(index=False):
        find_space(str(name)).dataset(str(dataset))
    pairs = frame[["space", "index", "arch"]].drop_duplicates()
    own = {(s, i, a): _own_arch(str(s), i, str(a)) for s, i, a in pairs.itertuples(index=False)}
    rows = zip(frame["space"], frame["index"], frame["arch"], strict=True)
    return frame.assign(arch=[own[row] for row in rows])


def _own_arch(name: str, index: object, arch: str) -> str:
    space = find_space(name)
    found = space.index(arch)
    if str(found) != str(index):
        raise UsageError(f"index {index} is not {arch} in {name}, which has it at {found}", "nothing was imported")
    return space.arch(found)
