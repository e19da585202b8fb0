"""The bibliography that comes with zsbench: BibTeX entries by key."""

from __future__ import annotations

import re
from functools import cache

from zsbench.paths import packaged

_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,\s]+),$.*?^\}$", re.MULTILINE | re.DOTALL)


@cache
def bibliography() -> dict[str, str]:
    """Return every entry of `data/citations.bib` by its key."""
    text = (packaged("data") / "citations.bib").read_text(encoding="utf-8")
    return {match["key"]: match[0] for match in _ENTRY.finditer(text)}


def bibtex(key: str) -> str:
    """Return the BibTeX entry of `key`; empty if there is none, as for a plug-in's own key."""
    return bibliography().get(key, "")
