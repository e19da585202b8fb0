"""Where the time of a network goes, probe by probe, beside what this machine could do at best: `make bench`.

The floor of a probe is its convolutions at the speed of the fastest convolution, plus every byte that its other
operations read and write at the speed of a plain addition: what is above it is overhead, what is below is fusion.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from runner import machine
from scoring import NETWORKS, plan
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from zsbench.evaluate.run import prepare, work
from zsbench.render import Format, render
from zsbench.tables import Cell, Column, Table

PROBES = {
    "measure_batch": "first batch: loss, saliencies, codes, Jacobian",
    "_gradients": "second batch: loss",
    "measure_hessian_gradient": "Hessian times gradient",
    "measure_kernel": "gradients of single outputs (kernel)",
    "measure_sign_sums": "gradients of single inputs (signs)",
    "measure_pair": "Gaussian pair",
    "measure_ones": "ones, BatchNorm bypassed and kept",
    "measure_thin": "thin networks",
}
"""Functions of `zsbench.probes.measure`, and what they are called here."""
STAGES = ((16, 32), (32, 16), (64, 8))
"""Channels and width of the three stages of NAS-Bench-201."""


class Work(TorchDispatchMode):
    """Counts the floating-point operations of convolutions and matrix products, and the bytes all others move."""

    def __init__(self) -> None:
        """Start from nothing."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = self.moved = 0

    def __torch_dispatch__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run and count one operation."""
        result = func(*args, **(kwargs or {}))
        match func.name().split(".")[0]:
            case "aten::convolution":
                self.operations += 2 * result.numel() * args[1][0].numel()
            case "aten::convolution_backward":
                # Of three gradients asked for, those of input and weight cost a convolution each.
                self.operations += sum(args[-1][:2]) * 2 * args[0].numel() * args[2][0].numel()
            case "aten::mm" | "aten::bmm" | "aten::addmm":
                self.operations += 2 * result.numel() * args[-2].shape[-1]
            case name if not (func.is_view or "empty" in name):
                leaves = tree_leaves((args, kwargs, result))
                self.moved += sum(leaf.nbytes for leaf in leaves if isinstance(leaf, torch.Tensor))
        return result


@dataclass
class Account:
    """What each probe took, over all networks."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    operations: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)


@contextmanager
def watched(account: Account, *, counting: bool) -> Iterator[None]:
    """Enter each call of a probe in the account: its time, or what it computes and moves."""
    module = importlib.import_module("zsbench.probes.measure")

    def entered(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            if counting:
                with Work() as counted:
                    result = function(*args)
                account.operations[name] += counted.operations
                account.bytes[name] += counted.moved
                return result
            began = time.perf_counter()
            result = function(*args)
            account.seconds[name] += time.perf_counter() - began
            return result

        return run

    with ExitStack() as patches:
        for name in PROBES:
            replaced = entered(getattr(module, name), name)
            for need, probe in module.PROBES.items():
                if probe.__name__ == name:
                    patches.enter_context(mock.patch.dict(module.PROBES, {need: replaced}))
            patches.enter_context(mock.patch.object(module, name, replaced))
        yield


def fastest(run: Callable[[], object], times: int = 20) -> float:
    """Return the seconds of the fastest of several calls."""
    run()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return min(found)


def ceilings() -> tuple[float, float]:
    """Return operations a second of the fastest 3x3 convolution of a stage, and bytes a second of an addition."""
    rates = []
    for channels, width in STAGES:
        x = torch.randn(64, channels, width, width).contiguous(memory_format=torch.channels_last)
        weight = torch.randn(channels, channels, 3, 3).contiguous(memory_format=torch.channels_last)
        operations = 2 * 9 * channels * x.numel()
        rates.append(operations / fastest(lambda x=x, w=weight: functional.conv2d(x, w, padding=1)))  # type: ignore[misc]
    x = torch.randn(64, *STAGES[0], STAGES[0][1])
    return max(rates), 3 * x.nbytes / fastest(lambda: x + x)


def measured() -> tuple[Account, float]:
    """Score networks with all proxies in this process, twice; return the account and the seconds of a network."""
    todo = plan(["all"], NETWORKS)
    prepare("nb201", "cifar10", todo.inputs, "cpu")
    account = Account()
    work(todo.jobs[0])
    with watched(account, counting=False):
        began = time.perf_counter()
        for job in todo.jobs:
            work(job)
        total = time.perf_counter() - began
    with watched(account, counting=True):
        for job in todo.jobs:
            work(job)
    return account, total / NETWORKS


def table() -> Table:
    """Return a row a probe, what lies outside of them, and the sum."""
    account, total = measured()
    operations_a_second, bytes_a_second = ceilings()
    rows: list[tuple[Cell, ...]] = []
    sums = [0.0, 0.0, 0.0, 0.0]
    for name, label in PROBES.items():
        seconds, operations, moved = (
            count[name] / NETWORKS for count in (account.seconds, account.operations, account.bytes)
        )
        floor = operations / operations_a_second + moved / bytes_a_second
        rows.append(_row(label, total, seconds, operations, moved, floor))
        sums = [sum_ + one for sum_, one in zip(sums, (seconds, operations, moved, floor), strict=True)]
    other = total - sums[0]
    rows.append(("building, counting, the rest", other, 100 * other / total, None, None, None, None, None))
    rows.append(_row("all", total, total, *sums[1:]))
    columns = (
        Column("probe"),
        Column("seconds", digits=3),
        Column("%", digits=0),
        Column("GFLOP", digits=1),
        Column("GFLOP/s", digits=0),
        Column("GB moved", digits=1),
        Column("floor s", digits=3),
        Column("times floor", digits=2),
    )
    reached = (
        f"Ceilings here: {operations_a_second / 1e9:.0f} GFLOP/s (the fastest 3x3 convolution of a stage; a "
        f"multiply-add is 2), {bytes_a_second / 1e9:.1f} GB/s (an addition of 4 MiB tensors). Floor: convolutions "
        "and matrix products at the one, what all other operations read and write at the other."
    )
    title = f"Where the time goes: one worker, all proxies, seconds a network, over {NETWORKS}"
    return Table(title, columns, tuple(rows), (reached, machine()))


def _row(label: str, total: float, seconds: float, operations: float, moved: float, floor: float) -> tuple[Cell, ...]:
    rate = operations / 1e9 / seconds
    return (label, seconds, 100 * seconds / total, operations / 1e9, rate, moved / 1e9, floor, seconds / floor)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="add the table, as Markdown, to this file as well")
    options = parser.parse_args()
    found = table()
    sys.stdout.write(render(found, Format.RICH, width=100))
    if options.output is not None:
        with options.output.open("a", encoding="utf-8") as file:
            file.write(f"{render(found, Format.MD)}\n")
