"""What is found, what is refused, and what a broken file says."""

from __future__ import annotations

import sys

import pytest

from zsbench import registry
from zsbench.errors import UsageError, ZsbenchError


def test_a_file_that_cannot_be_loaded_is_named(tmp_path, monkeypatch):
    package = tmp_path / "plugged"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "broken.py").write_text("def score(:\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "plugged", raising=False)
    with pytest.raises(ZsbenchError, match=r"plugged\.broken cannot be loaded: SyntaxError"):
        registry._discover("plugged")


def test_two_definitions_of_one_name_are_refused():
    registry.proxies()
    with pytest.raises(ValueError, match="two proxy definitions are called 'snip'"):
        registry._add(registry._proxies, "proxy", registry.proxies()["snip"])


@pytest.mark.parametrize("pattern", ["snipp", "family:gradients", "zz*"])
def test_an_unknown_proxy_is_a_usage_error_with_a_hint(pattern):
    with pytest.raises(UsageError) as error:
        registry.select_proxies([pattern])
    assert error.value.hint


def test_a_proxy_named_twice_is_selected_once():
    assert [p.name for p in registry.select_proxies(["snip", "sni*", "snip"])] == ["snip"]
