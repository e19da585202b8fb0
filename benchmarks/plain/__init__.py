"""Every proxy written plainly: the slow, obvious twin that the fast probes of zsbench are held against.

PyTorch's own layout and modules, each measure alone on a deep copy, nothing shared, a loop where there is one in the
definition. Written from the definitions, not from zsbench's probes; only the draw of weights and inputs is zsbench's.
Zero-cost-nas's eight measures are those of the baseline, `one_at_a_time.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from one_at_a_time import MEASURES

from plain.counts import flops, flops_all, l2_norm, nn_degree, nn_mass, params
from plain.drawn import Drawn, drawn
from plain.measures import (
    gradients_an_input,
    gradsign,
    linear_regions,
    naswot,
    ntk_cond,
    zen,
    zen_paper,
    zico,
    zico_paper,
)

__all__ = ["PLAIN", "Drawn", "drawn", "gradients_an_input", "plainly"]


def _of_first_batch(name: str) -> Callable[[Drawn], float]:
    return lambda given: float(MEASURES[name](given.network, *given.batches[0]))


PLAIN: dict[str, Callable[[Drawn], float]] = {name: _of_first_batch(name) for name in MEASURES} | {
    "params": params,
    "flops": flops,
    "flops_all": flops_all,
    "l2_norm": l2_norm,
    "nn_mass": nn_mass,
    "nn_degree": nn_degree,
    "naswot": naswot,
    "linear_regions": linear_regions,
    "ntk_cond": ntk_cond,
    "gradsign": gradsign,
    "zico": zico,
    "zico_paper": zico_paper,
    "zen": zen,
    "zen_paper": zen_paper,
}
"""Proxy -> its plain form, which may change what it is given."""


def plainly(name: str, given: Drawn) -> float:
    """Return the value of a proxy, computed on a deep copy of all it works on."""
    return PLAIN[name](copy.deepcopy(given))
