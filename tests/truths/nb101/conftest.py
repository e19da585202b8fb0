"""The fixture `nb101_file`: files in the exact format of NAS-Bench-101's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def nb101_file() -> ModuleType:
    """Return the module of that name, which no package contains."""
    spec = importlib.util.spec_from_file_location("nb101_file", Path(__file__).with_name("nb101_file.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
