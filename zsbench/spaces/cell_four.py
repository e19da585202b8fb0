"""Cells of four nodes and six edges, as in NAS-Bench-201 and TransNAS-Bench-101: which operations matter.

Node 0 is the input, node 3 the output; edges come in the order in which both benchmarks write them. `present` is
(n, 6): whether an edge of a cell holds any operation but none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of the six edges."""


def reached(present: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return for each node (n,) whether a path leads to it from the input."""
    import numpy as np

    reached = [np.ones(len(present), dtype=bool), present[:, 0]]
    reached.append(present[:, 1] | (present[:, 2] & reached[1]))
    reached.append(present[:, 3] | (present[:, 4] & reached[1]) | (present[:, 5] & reached[2]))
    return reached


def complete(present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (n,) whether every operation but none lies on a path from input to output; true without any operation."""
    import numpy as np

    from_input = reached(present)
    leads = {3: np.ones(len(present), dtype=bool), 2: present[:, 5]}
    leads[1] = present[:, 4] | (present[:, 2] & leads[2])
    on_path = np.stack([from_input[source] & leads[target] for source, target in EDGES], axis=1)
    complete: NDArray[np.bool_] = np.all(~present | on_path, axis=1)
    return complete
