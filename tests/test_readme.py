"""The README's promises that a test can hold."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from zsbench import registry
from zsbench.cli.verbs import VERBS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_proxy_registers_and_scores(monkeypatch):
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module = ModuleType("example_proxy")
    monkeypatch.setitem(sys.modules, "example_proxy", module)
    registry.proxies()
    monkeypatch.setattr(registry, "_proxies", dict(registry._proxies))
    exec(compile(source, "README.md", "exec"), module.__dict__)
    proxy = registry.select_proxies(["grad_max"])[0]
    layers = [(None, SimpleNamespace(norm=lambda size=size: size)) for size in (1.0, 3.0, 2.0)]
    assert proxy.score([layers]) == 3.0
    assert proxy.summary.startswith("Largest gradient norm of a layer")


def test_every_verb_is_listed():
    listed = re.findall(r"^zsbench (\w+)   *\w", README, re.MULTILINE)
    assert listed == [verb.name for verb in VERBS]


@pytest.mark.parametrize("target", re.findall(r"\]\(([^):]+)\)", README))
def test_links_lead_somewhere(target):
    assert (Path(__file__).parents[1] / target).exists()
