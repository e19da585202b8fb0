"""Fetch a benchmark file over HTTP: aside, resumed where it broke off, checked against its sha256, then renamed."""

from zsbench.download.fetch import Watch, download

__all__ = ["Watch", "download"]
