"""The seam between a space and its truth: what it embeds, which official files it reads, and the rule for the rest.

Light enough to be imported where a space is declared: readers and HDF5 are imported when they are needed.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from zsbench.errors import UsageError, ZsbenchError
from zsbench.spaces.base import Floats, Space, Truth

if TYPE_CHECKING:
    from zsbench.truths.columns import TruthColumn
    from zsbench.truths.listed import Contents
    from zsbench.truths.lookup import Available

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how much is done and of how much: architectures, or bytes."""


@dataclass(frozen=True)
class OfficialFile:
    """One kind of file of the benchmark's authors: how its name looks, and who reads it."""

    patterns: tuple[str, ...]
    """Wildcards of file names, case ignored: `*.pth`."""
    what: str
    """Which file that is, in a few words, for messages and help."""
    read: Callable[[Path, Progress], Sequence[TruthColumn] | Contents]
    """Returns every column the file has, with the architectures where only the file knows them.

    Raises `ZsbenchError` for a file that is damaged or of another format.
    """
    folder: bool = False
    """Whether an unpacked folder of such a name is read as well."""
    note: str = ""
    """What a user should know before it is read: time, memory."""
    name: str = ""
    """What an import of it is called, where that isn't the file's name."""

    def fits(self, path: Path) -> bool:
        """Return whether the name of a file, or of a folder where one may be read, matches."""
        if path.is_dir():
            return self.folder
        return any(fnmatch.fnmatchcase(path.name.lower(), pattern.lower()) for pattern in self.patterns)


class MissingArchitecturesError(UsageError):
    """Asked for an architecture of a space whose file, which alone lists them, was not imported."""

    exit_code = ZsbenchError.exit_code


class SpaceWithTruth(Space):
    """A space whose truth follows the rule of `zsbench.truths`: embedded columns and imports, both optional."""

    def embedded(self, dataset: str) -> Sequence[Available]:  # noqa: ARG002 (the default embeds nothing)
        """Return the truth columns that come with an installed package; `dataset` is spelt as declared."""
        return ()

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the kinds of official files that `zsbench data import` reads for this space."""
        return ()

    def lacks(self) -> str:
        """Return the command that brings the architectures of a space that has none yet; empty if it has them."""
        return ""

    def check_present(self) -> None:
        """Raise `MissingArchitecturesError` if the space has no architectures yet."""
        if command := self.lacks():
            raise MissingArchitecturesError(f"{self.name} has no architectures without its official file", command)

    def targets(self, dataset: str) -> dict[str, str]:
        """Return the installed truth columns of a dataset: name -> source (`zsbench.truths` says which wins)."""
        from zsbench.truths.lookup import available

        given = self.dataset(dataset).name
        return {name: column.source for name, column in available(self.name, given, self.embedded(given)).items()}

    def truth(self, dataset: str, target: str) -> Truth:
        """Return one truth column; raise `ZsbenchError` that says how to install it if it is missing."""
        from zsbench.truths.lookup import find

        given = self.dataset(dataset).name
        return find(self.name, given, target, self.embedded(given))

    def imported_costs(self, dataset: str) -> Mapping[str, Floats]:
        """Return (n,) what imports say that networks cost; see `zsbench.truths.costs`."""
        from zsbench.truths.costs import imported_costs

        return imported_costs(self.name, self.dataset(dataset).name)
