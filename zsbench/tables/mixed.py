"""Scores under several conditions in one table: only where somebody asks for it, and then labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from zsbench.tables.measured import Measured


def joined(tables: Sequence[Measured]) -> list[Measured]:
    """Return one table a dataset: a proxy measured under several conditions is there as often, with its label."""
    together: dict[tuple[str, str], list[Measured]] = {}
    for table in tables:
        together.setdefault((table.space, table.dataset), []).append(table)
    return [_joined(several) if len(several) > 1 else several[0] for several in together.values()]


def _joined(tables: Sequence[Measured]) -> Measured:
    index = np.unique(np.concatenate([table.index for table in tables]))
    times = Counter(column.proxy.name for table in tables for column in table.scores)
    columns = [
        (column.spread(np.searchsorted(index, table.index), len(index)), table.label)
        for table in tables
        for column in table.scores
    ]
    named = [column.called(label) if times[column.proxy.name] > 1 else column for column, label in columns]
    undefined = {name for table in tables for name in table.undefined} - times.keys()
    ordered = tuple(sorted(named, key=lambda column: column.proxy.name))
    return Measured(tables[0].space, tables[0].dataset, index, ordered, tuple(sorted(undefined)))
