"""How the evidence of several networks is measured at once; see `zsbench.networks.stacked_layers`."""

from zsbench.probes.stacked.measure import measure_stack
from zsbench.probes.stacked.stack import Stack

__all__ = ["Stack", "measure_stack"]
