"""Networks of a user's own Python file: a function of it yields (name, network) pairs.

Instead of a network a pair may hold a function without arguments that builds it; then asking for one network builds
no other. The file's folder can be imported from, as if the file were run. Networks are measured as
`zsbench.networks.adapted` says.
"""

from __future__ import annotations

import hashlib
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
from torch import Tensor, nn

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.networks.adapted import Adapted

PAIRS = "it must yield pairs of a name and a network (torch.nn.Module), or a function that builds one"


_END = object()


def describe(path: Path, function: str) -> Iterator[tuple[str, nn.Module, str]]:
    """Yield name, network and digest of its structure for every pair that the function yields.

    Raise `UsageError` if there is no such function, and `ZsbenchError` if it yields anything else, a name twice or
    nothing, or fails.
    """
    seen: set[str] = set()
    for name, made in _pairs(path, function):
        if name in seen:
            raise ZsbenchError(f"{path}:{function} yields two networks called {name!r}", "give each its own name")
        seen.add(name)
        network = _network(path, name, made)
        yield name, network, structure(network)
    if not seen:
        raise ZsbenchError(f"{path}:{function} yields no network", PAIRS)


def build(path: Path, function: str, name: str) -> nn.Module:
    """Build one network, with weights that depend on the state of torch's generator, not on pairs yielded before."""
    state = torch.get_rng_state()
    for found, made in _pairs(path, function):
        if found == name:
            return _network(path, name, made)
        torch.set_rng_state(state)
    raise ZsbenchError(f"{path}:{function} yields no network called {name!r} any more", "did what it imports change?")


def check_fits(name: str, network: nn.Module, dataset: str, size: int, classes: int) -> None:
    """Raise `ZsbenchError` if a network does not map images of the dataset to one logit a class."""
    images = torch.zeros(2, 3, size, size)
    hint = f"{dataset} has {size}x{size} images of {classes} classes; --dataset names another one, NAME:SIZE:CLASSES"
    try:
        with torch.no_grad():
            logits = network(images)
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        said = str(error).strip().partition("\n")[0]
        raise ZsbenchError(f"{name} cannot be run on images of {dataset}: {said}", hint) from error
    if not isinstance(logits, Tensor) or logits.shape != (2, classes):
        given = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ZsbenchError(f"{name} returns {given} for two images of {dataset}, not (2, {classes})", hint)


def structure(network: nn.Module) -> str:
    """Return sixteen hexadecimal digits that change with the modules of a network and the shapes of its state."""
    modules = re.sub(r" at 0x[0-9a-f]+", "", repr(network))
    shapes = [(name, tuple(tensor.shape)) for name, tensor in network.state_dict().items()]
    return hashlib.sha256(f"{modules}\n{shapes}".encode()).hexdigest()[:16]


def _pairs(path: Path, function: str) -> Iterator[tuple[str, nn.Module | Callable[[], Any]]]:
    with _explained(path):
        pairs = iter(_function(path, function)())
    while True:
        with _explained(path):
            pair = next(pairs, _END)
        if pair is _END:
            return
        match pair:
            case (str(name), nn.Module() as made) if name.strip() == name != "":
                yield name, made
            case (str(name), made) if name.strip() == name != "" and callable(made):
                yield name, made
            case _:
                raise ZsbenchError(f"{path}:{function} yields {_brief(pair)}", PAIRS)


def _network(path: Path, name: str, made: nn.Module | Callable[[], Any]) -> nn.Module:
    if isinstance(made, nn.Module):
        return Adapted(made)
    with _explained(path):
        network = made()
    if not isinstance(network, nn.Module):
        raise ZsbenchError(f"{path}: what builds {name!r} returns {_brief(network)}", "return a torch.nn.Module")
    return Adapted(network)


def _brief(value: object) -> str:
    text = " ".join(repr(value).split())
    return f"{type(value).__name__} {text if len(text) < 60 else text[:57] + '...'}"


def _function(path: Path, name: str) -> Callable[[], Any]:
    module = _module(path, digest(path))
    found = getattr(module, name, None)
    if not callable(found):
        own = {key: value for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
        known = [key for key, value in own.items() if callable(value)]
        error = unknown_name(f"function of {path}:", name, known)
        raise UsageError(error.message, error.hint)
    return cast("Callable[[], Any]", found)


def digest(path: Path) -> str:
    """Return the sha256 of the file; raise `ZsbenchError` if it cannot be read."""
    return hashlib.sha256(_read(path)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {error.strerror or error}", "--model FILE.py:FUNCTION") from error


@lru_cache(maxsize=8)
def _module(path: Path, content: str) -> ModuleType:
    """Run the file, once for each content; not by an import, which could take stale bytecode."""
    module = ModuleType(f"zsbench_model_{content[:12]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    with _explained(path):
        exec(compile(_read(path), str(path), "exec"), vars(module))  # noqa: S102 (the file that the user names)
    return module


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever the user's code raises into one line with its place."""
    try:
        yield
    except ZsbenchError:
        raise
    except Exception as error:  # any; the user's own code runs here
        text = str(error).strip().partition("\n")[0]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        where = f"{path}, line {line}" if line else str(path)
        raise ZsbenchError(f"{where}: {type(error).__name__}: {text}", "--debug shows the traceback") from error
