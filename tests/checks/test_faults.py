"""Ten faults planted by one line each: every one is caught, the right proxies are named, and neutral changes pass."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import zsbench
from zsbench import registry
from zsbench.checks import Verdict, judge
from zsbench.checks.rerun import rerun

PACKAGE = Path(zsbench.__file__).parent
OF_LOSS = {"grad_norm", "plain", "snip"}


@pytest.fixture
def plant(definitions, monkeypatch):
    """Return a function that puts a scratch copy of a file, with one piece of text replaced, in the file's place.

    Of a probe it takes over the code of the functions that differ, so that all else goes on knowing them.
    """

    def planted(file: str, old: str, new: str) -> None:
        path = PACKAGE / file
        source = path.read_text(encoding="utf-8")
        assert source.count(old) == 1, f"{file} has {old!r} {source.count(old)} times: plant the fault elsewhere"
        name = ".".join(["zsbench", *Path(file).with_suffix("").parts])
        real = importlib.import_module(name)
        if file.startswith("proxies/"):
            del definitions[path.stem]  # the scratch copy registers itself
        scratch = ModuleType(f"scratch_{path.stem}")
        monkeypatch.setitem(sys.modules, scratch.__name__, scratch)
        exec(compile(source.replace(old, new), str(path), "exec"), scratch.__dict__)
        if not file.startswith("proxies/"):
            then, now = functions(real), functions(scratch)
            changed = [key for key in then if then[key].__code__ != now[key].__code__]
            assert changed, "the fault changes nothing"
            for key in changed:
                monkeypatch.setattr(then[key], "__code__", now[key].__code__)

    return planted


def functions(module: ModuleType) -> dict[str, FunctionType]:
    """Return what is defined in a module: functions, and the plain methods of its classes."""
    owners = [module, *(one for one in vars(module).values() if isinstance(one, type))]
    found = [one for owner in owners for one in vars(owner).values() if isinstance(one, FunctionType)]
    return {one.__qualname__: one for one in found if one.__module__ == module.__name__}


FAULTS = {
    "a sign flipped": ("proxies/naswot.py", "return float(np", "return -float(np", {"naswot"}),
    "BatchNorm in eval mode": ("probes/subject.py", "placed.train()", "placed.eval()", {"naswot", "snip", "zico"}),
    "one layer dropped": ("proxies/grad_norm.py", "in batches[0])", "in batches[0][1:])", {"grad_norm"}),
    "labels shifted by one": (
        "probes/subject.py",
        "self.tensor(batch.labels[:size])",
        "(self.tensor(batch.labels[:size]) + 1) % 10",
        OF_LOSS | {"fisher"},
    ),
    "abs missing": ("proxies/snip.py", ").abs().sum()", ").sum()", {"snip"}),
    "two equal batches for ZiCo": ("probes/measure.py", "_gradients(subject, n)", "_gradients(subject, 0)", {"zico"}),
    "ReLU codes taken before the unit": (
        "probes/batch_pass.py",
        "if isinstance(m, RECTIFIERS)",
        "if isinstance(m, nn.Conv2d)",
        {"naswot"},
    ),
    "the wrong reduction": (
        "probes/batch_pass.py",
        "functional.cross_entropy(logits, labels)",
        "functional.cross_entropy(logits, labels, reduction='sum')",
        OF_LOSS | {"fisher"},
    ),
    "one seed for all networks": (
        "probes/subject.py",
        "derived_seed(purpose, self.identity, ",
        "derived_seed(purpose, ",
        {"l2_norm", "naswot", "snip", "synflow"},
    ),
    "a float16 pass": (
        "probes/batch_pass.py",
        "logits = network(images)",
        "logits = torch.autocast('cpu', torch.float16)(network.forward)(images).float()",
        {"grad_norm", "snip"},
    ),
}


def check(recorded):
    return judge(recorded, rerun(recorded, recorded.proxies), registry.proxies())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_named(fault, plant, chains, recorded):
    *patch, names = FAULTS[fault]
    plant(*patch)
    found = check(recorded)
    assert found.failed()
    assert names <= set(found.moved())
    assert "params" not in found.moved()
    if patch[0].startswith("proxies/"):
        assert set(found.moved()) == names, "nothing else is blamed"
        assert found.causes[0].startswith(f"{min(names)}: its own formula")


def test_unchanged_code_passes(chains, recorded):
    found = check(recorded)
    assert not found.failed(strict=False), [row for row in found.rows if row.verdict is Verdict.MOVED]
    assert not found.causes


NEUTRAL = {
    "another memory layout": ("probes/subject.py", "memory_format=torch.channels_last)  #", "memory_format=None)  #"),
    "a sum in another order": ("proxies/snip.py", "in batches[0])", "in reversed(batches[0]))"),
}


@pytest.mark.parametrize("change", NEUTRAL)
def test_a_neutral_change_passes(change, plant, chains, recorded):
    plant(*NEUTRAL[change])
    found = check(recorded)
    assert not found.failed(), [row for row in found.rows if row.verdict is Verdict.MOVED]


def test_another_batch_of_networks_passes(chains, recorded):
    fewer = replace(recorded, sets=tuple(_first_half(one) for one in recorded.sets))
    assert not check(fewer).failed(strict=True)


def _first_half(stored):
    kept = stored.index <= stored.index[len(stored.index) // 2]
    columns = {key: column.rows(kept) for key, column in stored.columns.items()}
    return replace(stored, index=stored.index[kept], arch=stored.arch[kept], columns=columns)
