"""One entry of an official NDS file: which network, which counts, which test errors.

A field that is missing or of another shape is refused; fields that are not needed are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from zsbench.errors import UsageError
from zsbench.spaces import nds_cell, nds_stages
from zsbench.spaces.nds_cell import Cell, CellNet
from zsbench.spaces.nds_counts import IMAGENET, count
from zsbench.spaces.nds_stages import BASIC, BOTTLENECK, PLAIN, Stage, StageNet, Stem
from zsbench.spaces.nds_table import NdsFile, Net

T = TypeVar("T")

_BLOCKS = {"res_basic": BASIC, "res_bottleneck": BOTTLENECK, "double_plain": PLAIN, "vanilla": PLAIN}
"""How the file's words for blocks begin."""


@dataclass(frozen=True)
class Entry:
    """What an entry holds; errors in per cent, NaN where the training broke down."""

    net: Net
    params: int
    flops: int
    final: float
    """Test error after the last epoch."""
    least: float
    """Least test error of all epochs."""
    epochs: int


def read_entry(raw: object, file: NdsFile) -> Entry:
    """Check an entry of a file; raise `UsageError` that says what is off."""
    params, flops = (_count(_field(raw, name), name) for name in ("params", "flops"))
    errors = _list(_field(raw, "test_ep_top1"), "test_ep_top1")
    epochs = _count(_field(_field(raw, "optim"), "max_ep"), "max_ep")
    if len(errors) != epochs:
        raise UsageError(f"{len(errors)} test errors for {epochs} epochs", "a training that did not end?")
    final, least = _error(errors[-1], "test_ep_top1"), _error(_field(raw, "min_test_top1"), "min_test_top1")
    return Entry(_net(_field(raw, "net"), file, params), params, flops, final, least, epochs)


def _field(raw: object, name: str) -> Any:
    if not isinstance(raw, dict):
        raise UsageError(f"{_short(raw)} is no object with {name}", _HINT)
    if name not in raw:
        raise UsageError(f"there is no {name}, but {', '.join(map(str, list(raw)[:12])) or 'nothing'}", _HINT)
    return raw[name]


_HINT = "is it one of the JSON files in the authors' data.zip?"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{name} is {_short(value)}, no list")
    return value


def _count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != round(value) or value < 1:
        raise UsageError(f"{name} is {_short(value)}, no whole number above 0")
    return int(value)


def _error(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or value > 100:
        raise UsageError(f"{name} has {_short(value)}, no error in per cent")
    return float(value)


def _net(raw: object, file: NdsFile, params: int) -> Net:
    if isinstance(file.family, nds_cell.Family):
        return nds_cell.checked(_cell_net(raw), file.family)
    return _with_stem(nds_stages.checked(_stage_net(raw), file.family), file, params)


def _cell_net(raw: object) -> CellNet:
    genotype = _field(raw, "genotype")
    cells = (
        Cell(
            tuple(_edge(edge) for edge in _list(_field(genotype, name), name)),
            tuple(_state(state) for state in _list(_field(genotype, f"{name}_concat"), f"{name}_concat")),
        )
        for name in ("normal", "reduce")
    )
    return CellNet(_count(_field(raw, "width"), "width"), _count(_field(raw, "depth"), "depth"), *cells)


def _edge(raw: object) -> tuple[str, int]:
    if not isinstance(raw, list) or len(raw) != 2 or not isinstance(raw[0], str):
        raise UsageError(f"{_short(raw)} is no pair of an operation and a state")
    return raw[0], _state(raw[1])


def _state(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise UsageError(f"{_short(raw)} is no state")
    return raw


def _stage_net(raw: object) -> StageNet:
    """Read a network of stages, whose lists have the stem as their first element."""
    kind = _field(raw, "block_type")
    block = next((name for word, name in _BLOCKS.items() if isinstance(kind, str) and kind.startswith(word)), None)
    if block is None:
        raise UsageError(f"there is no block {_short(kind)}", f"blocks are {', '.join(_BLOCKS)}")
    depths, widths, strides = (_list(_field(raw, name), name) for name in ("ds", "ws", "ss"))
    multipliers, groups = (_list(_field(raw, name), name) or [1] * len(widths) for name in ("bot_muls", "num_gs"))
    if len({len(depths), len(widths), len(strides), len(multipliers), len(groups)}) != 1 or not widths:
        raise UsageError("ds, ws, ss, bot_muls and num_gs are of different lengths")
    stages = tuple(
        Stage(_count(d, "ds"), _count(w, "ws"), _count(s, "ss"), _multiplier(b), _count(g, "num_gs"))
        if block == BOTTLENECK
        else Stage(_count(d, "ds"), _count(w, "ws"), _count(s, "ss"))
        for d, w, s, b, g in zip(*(x[1:] for x in (depths, widths, strides, multipliers, groups)), strict=True)
    )
    return StageNet(block, Stem(_count(widths[0], "ws"), 3, 1), stages)


def _multiplier(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not 0 < raw <= 16:
        raise UsageError(f"bot_muls has {_short(raw)}, no multiplier")
    return float(raw)


def _with_stem(net: StageNet, file: NdsFile, params: int) -> StageNet:
    """Return the network with its stem: as read on CIFAR, on ImageNet whichever of two gives the stated parameters.

    Neither of the ImageNet stems is published beside the files; where none fits, the entry's params count as others.
    """
    if file.dataset != IMAGENET:
        return net
    width = net.stem.width
    known = [replace(net, stem=stem) for stem in (Stem(width, 3, 2), Stem(width, 7, 2, pooled=True))]
    return next((each for each in known if count(each, file.dataset).params == params), known[0])
