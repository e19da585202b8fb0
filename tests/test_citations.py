from __future__ import annotations

import re

from zsbench.citations import bibliography, bibtex
from zsbench.paths import packaged
from zsbench.registry import proxies, spaces


def test_everything_that_is_cited_has_an_entry():
    cited = {p.cite for p in proxies().values()} | {s.cite for s in spaces().values()}
    assert cited - bibliography().keys() == set()


def test_no_entry_is_lost_in_reading():
    text = (packaged("data") / "citations.bib").read_text(encoding="utf-8")
    assert len(bibliography()) == len(re.findall(r"^@", text, re.MULTILINE))


def test_an_entry_is_whole():
    entry = bibtex("lee2019snip")
    assert entry.startswith("@inproceedings{lee2019snip,\n")
    assert entry.endswith("\n}")
    assert "Single-shot Network Pruning based on Connection Sensitivity" in entry
    assert all(text.count("{") == text.count("}") for text in bibliography().values())


def test_an_unknown_key_has_no_entry():
    assert bibtex("nobody1900nothing") == ""
