"""The fixture `tiny`: networks and subjects of a few hundred weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PLACE = Path(__file__).parents[1] / "probes" / "tiny.py"


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """Return the module of that name, which no package contains."""
    spec = importlib.util.spec_from_file_location("tiny", PLACE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
