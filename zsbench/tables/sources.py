"""What a named table may read: spaces, truths and stored scores, each loaded once; and what is missing, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zsbench.registry import Proxy
from zsbench.spaces.base import Space, Truth
from zsbench.tables.conditions_together import one_set
from zsbench.tables.foreign import foreign_proxies
from zsbench.tables.measured import Measured, measured
from zsbench.tables.shared import whole

if TYPE_CHECKING:
    from zsbench.store import ScoreSet


@dataclass(frozen=True)
class Gap:
    """Something that a table asks for and that is not here."""

    why: str
    """A few words for a cell: `space nb101 is not part of this version`."""
    brings: str = ""
    """The command that brings it; empty if none does."""


@dataclass(eq=False)
class Sources:
    """Everything is loaded when first asked for; `notes` collects what a table's captions should say besides."""

    spaces: Mapping[str, Space]
    proxies: Mapping[str, Proxy]
    read: Callable[[str, str], Iterable[ScoreSet]]
    """(space, dataset) -> the stored sets of today's definitions."""
    protocol: str = ""
    """The protocol asked for in place of the tables' own; empty for theirs."""
    mixed: bool = False
    """Whether scores of several conditions may stand in one table (which then says which is which)."""
    options: str = ""
    """What commands that bring something need besides, such as ` --results FOLDER`."""
    notes: list[str] = field(default_factory=list)
    _stored: dict[tuple[str, str], list[ScoreSet]] = field(default_factory=dict)
    _truths: dict[tuple[str, str, str], Truth] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Keep a sentence for the captions of the table being made; each is said once."""
        if text not in self.notes:
            self.notes.append(text)

    def fresh(self) -> Sources:
        """Return the same without notes; what was loaded is shared."""
        return replace(self, notes=[])

    def space(self, name: str) -> Space | Gap:
        """Return a space by name."""
        found = self.spaces.get(name)
        return found if found is not None else Gap(f"space {name} is not part of this version")

    def truth(self, space: str, dataset: str, target: str) -> Truth | Gap:
        """Return a truth column (n,) of a space."""
        known = self.space(space)
        if isinstance(known, Gap):
            return known
        if dataset not in {one.name for one in known.datasets}:
            return Gap(f"{space} has no dataset {dataset} in this version")
        if target not in known.targets(dataset):
            brings = f"zsbench data import {space} FILE (zsbench data list says where it comes from)"
            return Gap(f"{target} accuracies of {space} {dataset} are not installed", brings)
        key = (space, dataset, target)
        if key not in self._truths:
            self._truths[key] = known.truth(dataset, target)
        return self._truths[key]

    def tables(self, space: str, dataset: str, protocol: str) -> list[Measured]:
        """Return everything scored of a space and dataset under a protocol, one entry a set of conditions (a seed ...).

        `protocol` is the table's own; the one asked for on the command line stands in its place. None if the space is
        not known, or nothing is scored.
        """
        if space not in self.spaces:
            return []
        key = (space, dataset)
        if key not in self._stored:
            self._stored[key] = list(self.read(space, dataset))
        wanted = self.protocol or protocol
        found = [one for one in self._stored[key] if one.conditions.protocol == wanted]
        tables = measured(found, {**self.proxies, **foreign_proxies(found, self.proxies)})
        return [whole(table, self.spaces[space]) for table in tables]

    def scores(self, wanted: Sequence[tuple[str, str]], protocol: str) -> dict[tuple[str, str], list[Measured]]:
        """Return what a table over several (space, dataset) may show of each: at most one set of scores.

        All are of one set of conditions (the one over most networks); what is stored under others is noted and left
        out, unless `mixed`.
        """
        found = {where: self.tables(*where, protocol) for where in wanted}
        if self.mixed:
            return found
        kept, left_out = one_set(found)
        for text in left_out:
            self.note(text)
        return kept

    def score_command(self, space: str, dataset: str, protocol: str, proxies: Sequence[str] = ()) -> str:
        """Return the command that scores a dataset, with certain `proxies` (of aggregates: their parts) or all."""
        wanted = self.protocol or protocol
        command = f"zsbench score --space {space} --dataset {dataset}"
        if wanted != "unified":
            command += f" --protocol {wanted}"
        measured = dict.fromkeys(part for name in proxies for part in self.proxies[name].of or (name,))
        return command + "".join(f" --proxy {name}" for name in measured) + self.options
