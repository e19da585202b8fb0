"""How each piece of evidence is measured; equal needs are measured once."""

from zsbench.probes.measure import measure
from zsbench.probes.subject import Subject

__all__ = ["Subject", "measure"]
