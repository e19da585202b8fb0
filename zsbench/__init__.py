"""zsbench: which training-free score can you trust to rank neural architectures, where, and at what cost?"""

__version__ = "0.1.0"
