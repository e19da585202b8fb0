"""Tables as plain data."""

from zsbench.tables.table import Cell, Column, Table

__all__ = ["Cell", "Column", "Table"]
