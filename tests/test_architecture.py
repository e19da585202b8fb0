"""The direction of imports, what may load torch, and who may print: read from the source, and tried in a process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import zsbench

PACKAGE = Path(zsbench.__file__).parent

WORDS = {
    "__version__",
    "cifar",
    "citations",
    "conditions",
    "download",
    "errors",
    "evidence",
    "inputs",
    "manifest",
    "paths",
    "pickles",
    "provenance",
    "registry",
    "score",
    "sources",
}
MAY_IMPORT = {
    "words": set(),
    "stats": set(),
    "archs": set(),
    "exchange": {"archs"},
    "truths": {"archs", "exchange"},
    "networks": set(),
    "spaces": {"archs", "truths", "networks"},
    "probes": set(),
    "proxies": set(),
    "evaluate": {"archs", "probes"},
    "store": set(),
    "tables": {"archs", "stats", "store"},
    "render": {"tables"},
    "checks": {"archs", "evaluate", "stats", "store", "tables"},
    "figures": {"archs", "stats", "tables"},
    "api": {"archs", "spaces", "stats", "store", "tables", "truths"},
    "report": {"archs", "figures", "render", "stats", "tables"},
    "pytest_plugin": {"checks", "render", "tables"},
    "cli": {"api", "archs", "evaluate", "exchange", "figures", "render", "report", "spaces", "stats", "store", "tables"}
    | {"checks", "truths"},
}
"""Layer -> the layers below it; every layer may import itself and the words."""
WITHOUT_TORCH = {"api", "archs", "checks", "exchange", "figures", "report", "stats", "store", "tables", "render"}
TORCH_IN_FUNCTIONS = {"words", "truths", "spaces", "proxies", "cli"}
SLOW = {"torch", "pandas", "scipy", "h5py", "pyarrow", "numpy", "skimage", "matplotlib"}


def layer(module: str) -> str:
    parts = module.split(".")[1:]
    if not parts or parts == ["__main__"]:
        return "cli" if parts else "words"
    if parts[0] == "spaces" and len(parts) > 1 and (parts[1] == "base" or parts[1].startswith(("cell", "nds_"))):
        return "archs"  # notations and the interface, which truths are aligned with
    return "words" if parts[0] in WORDS else parts[0]


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE.parent).with_suffix("")
        parts = [part for part in relative.parts if part != "__init__"]
        yield ".".join(parts), path.read_text(encoding="utf-8")


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(node: ast.AST, *, late: bool = False) -> Iterator[tuple[str, int, bool]]:
    """Yield (module, line, inside a function) of every import that runs; those for types don't."""
    for child in ast.iter_child_nodes(node):
        if is_for_types(child):
            continue
        if isinstance(child, ast.Import):
            yield from ((name.name, child.lineno, late) for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: imports are absolute here"
            yield from ((f"{child.module}.{name.name}", child.lineno, late) for name in child.names)
        inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from imports(child, late=inside)


def upward_imports(module: str, source: str) -> list[str]:
    here = layer(module)
    allowed = MAY_IMPORT[here] | {here, "words"}
    return [
        f"{module}:{line} ({here}) imports {name} ({layer(name)})"
        for name, line, _ in imports(ast.parse(source))
        if name.startswith("zsbench.") and layer(name) not in allowed
    ]


def torch_imports(module: str, source: str) -> list[str]:
    here = layer(module)
    return [
        f"{module}:{line} loads torch"
        for name, line, late in imports(ast.parse(source))
        if name.split(".")[0] == "torch" and (here in WITHOUT_TORCH or (here in TORCH_IN_FUNCTIONS and not late))
    ]


def slow_imports(module: str, source: str) -> list[str]:
    return [
        f"{module}:{line} loads {name} when it is imported"
        for name, line, late in imports(ast.parse(source))
        if layer(module) == "cli" and not late and name.split(".")[0] in SLOW
    ]


def printing(module: str, source: str) -> list[str]:
    if layer(module) == "cli":
        return []
    return [
        f"{module}:{node.lineno} writes to the terminal"
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Call) and ast.unparse(node.func) == "print")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"})
    ]


RULES = (upward_imports, torch_imports, slow_imports, printing)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_has_no(rule):
    found = [line for module, source in modules() for line in rule(module, source)]
    assert not found, "\n".join(found)


def test_every_module_belongs_to_a_layer():
    assert {layer(module) for module, _ in modules()} <= set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (upward_imports, "zsbench.proxies.new", "from zsbench.probes import measure"),
        (upward_imports, "zsbench.store.reader", "def read():\n    from zsbench.evaluate import run"),
        (upward_imports, "zsbench.evaluate.run", "import zsbench.store"),
        (upward_imports, "zsbench.stats.rank", "from zsbench.tables.table import Table"),
        (upward_imports, "zsbench.errors", "from zsbench import stats"),
        (upward_imports, "zsbench.truths.lookup", "from zsbench.spaces.nb201 import Nb201"),
        (torch_imports, "zsbench.proxies.new", "import torch"),
        (torch_imports, "zsbench.spaces.new", "if True:\n    from torch import nn"),
        (torch_imports, "zsbench.stats.rank", "def tau():\n    import torch"),
        (slow_imports, "zsbench.cli.new", "import numpy as np"),
        (printing, "zsbench.evaluate.run", "def run():\n    print('done')"),
        (printing, "zsbench.store.writer", "import sys\nsys.stderr.write('done')"),
    ],
)
def test_a_rule_catches(rule, module, source):
    assert len(rule(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("zsbench.proxies.new", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import Tensor"),
        ("zsbench.proxies.new", "def new(x):\n    import torch\n    return torch.sum(x)"),
        ("zsbench.spaces.new", "def network(self):\n    from torch import nn\n    from zsbench.networks import nats"),
        ("zsbench.registry", "import typing\nif typing.TYPE_CHECKING:\n    from zsbench.spaces.base import Space"),
        ("zsbench.spaces.new", "from zsbench.spaces.base import Space\nfrom zsbench.errors import UsageError"),
        ("zsbench.cli.new", "def new():\n    import numpy\n    print(numpy.pi)"),
    ],
)
def test_a_rule_lets_pass(module, source):
    assert [line for rule in RULES for line in rule(module, source)] == []


REPORT = """
import os, sys
from zsbench.cli.app import main
try:
    main()
except SystemExit as stop:
    assert stop.code in (None, 0, 3), stop.code
os.write(2, "\\n".join(["MODULES", *sys.modules]).encode())
"""


def loaded_by(*arguments: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", REPORT, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.partition("MODULES\n")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_slow(arguments):
    slow = SLOW | {"rich", "pydantic", "importlib.metadata", "zsbench.registry", "zsbench.conditions"}
    assert loaded_by(*arguments) & slow == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["list", "spaces"],
        ["list", "proxies"],
        ["list", "targets"],
        ["show", "snip"],
        ["show", "nb201"],
        ["show", "nb201:1462"],
        ["scores", "ls"],
        ["data", "list"],
        ["score", "--help"],
        ["correlate", "--help"],
    ],
    ids=" ".join,
)
def test_reading_never_loads_torch(arguments):
    loaded = loaded_by(*arguments)
    assert "zsbench.cli.verbs" in loaded
    assert "torch" not in loaded


def test_a_short_listing_loads_nothing_that_only_analysis_needs():
    assert loaded_by("list") & {"torch", "pandas", "scipy", "h5py", "pyarrow", "skimage", "rich", "pydantic"} == set()
