"""Which stored scores may stand in one table over several datasets: those of one set of conditions, never a mixture."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from zsbench.conditions import Conditions, load_protocol, protocols
from zsbench.tables.apart import apart
from zsbench.tables.measured import Measured

Where: TypeAlias = tuple[str, str]
"""Space and dataset."""
_OWN_IMAGES = frozenset({"cifar10", "cifar100"})


def one_set(found: Mapping[Where, Sequence[Measured]]) -> tuple[dict[Where, list[Measured]], list[str]]:
    """Return of each (space, dataset) the scores of one common set of conditions, and what is said of the others.

    It is the set that covers most networks in all, and of two equal ones the first.
    """
    sets: dict[Conditions, dict[Where, Measured]] = {}
    for where, tables in found.items():
        for table in tables:
            known = sets.setdefault(kind(table), {})
            if where not in known or len(known[where].index) < len(table.index):
                known[where] = table
    if not sets:
        return {where: [] for where in found}, []
    chosen = max(sets, key=lambda conditions: sum(len(table.index) for table in sets[conditions].values()))
    kept = {where: [sets[chosen][where]] if where in sets[chosen] else [] for where in found}
    others = [(where, table) for where, tables in found.items() for table in tables if table not in kept[where]]
    return kept, [_left_out(where, table, chosen) for where, table in others]


def kind(table: Measured) -> Conditions:
    """Return what conditions must have in common to be set side by side over several datasets.

    Datasets differ in their images and labels, so their digests don't count; a protocol that gives each proxy its own
    conditions has nothing else in common.
    """
    first = table.scores[0].conditions[0] if table.scores else Conditions()
    shared = dataclasses.replace(first, input_digest="", input="own" if first.input in _OWN_IMAGES else first.input)
    if first.protocol in protocols() and not load_protocol(first.protocol).overrides:
        return shared
    alike = Conditions()
    return dataclasses.replace(
        shared, batch_size=alike.batch_size, samples=alike.samples, repeats=alike.repeats, init=alike.init
    )


def _left_out(where: Where, table: Measured, chosen: Conditions) -> str:
    others = kind(table)
    differs = apart([chosen, others])[1] if others != chosen else "another batch"
    return (
        f"Left out, as other conditions are never mixed in: {len(table.index):,} networks of {' '.join(where)} scored "
        f"under {differs}; --mixed sets them beside, labelled."
    )
