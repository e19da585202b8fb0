"""NATS-Bench topology space: the cells of NAS-Bench-201, measured anew (Dong et al., TPAMI 2021).

Cells, index order, datasets and networks are those of `nb201`; only the truth differs: the authors' archive
`NATS-tss-v1_0-3ffb9-simple.tar` has more runs a cell. `nb201` reads the same archive, so that scores stored for nb201
can be ranked against it (as `test@NATS-tss-v1_0-3ffb9-simple`); scores are stored a space and not shared between the
two. Accuracies after 200 epochs are `valid` and `test`, those of the 12-epoch training are `test-12ep` and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zsbench.registry import space
from zsbench.spaces.nb201 import Nb201, hardware, nats_archive
from zsbench.truths.space import OfficialFile

if TYPE_CHECKING:
    from zsbench.truths.lookup import Available


class NatsTss(Nb201):
    """The cells of NAS-Bench-201 with the accuracies of NATS-Bench."""

    name = "nats-tss"
    summary = "NATS-Bench topology space: the cells and networks of nb201 with the accuracies of NATS-Bench"
    cite = "dong2021natsbench"

    def embedded(self, dataset: str) -> Sequence[Available]:  # noqa: ARG002 (no package carries any)
        """Return nothing: no package carries these accuracies."""
        return ()

    def official_files(self) -> Sequence[OfficialFile]:
        """Return the authors' archive, and the costs of these cells on devices."""
        return nats_archive(self), hardware(self)


space(NatsTss())
