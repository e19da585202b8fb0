"""Published correlations beside ours (kind `correlations`): sources, our interval, difference, verdict of each cell."""

from zsbench.tables.comparison.make import make
from zsbench.tables.comparison.views import people_views

__all__ = ["make", "people_views"]
