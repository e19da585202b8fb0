"""zsbench: which training-free score can you trust to rank neural architectures, where, and at what cost?"""

from importlib.metadata import version

__version__ = version("zsbench")
