"""`zsbench show`: everything about one proxy, space, architecture or protocol."""

from __future__ import annotations

import difflib
import inspect
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.citations import bibtex
from zsbench.cli.listing import direction, needs
from zsbench.cli.options import FormatOption, OutputOption
from zsbench.cli.output import emit, wants_people_view
from zsbench.conditions import protocols
from zsbench.errors import UsageError, unknown_name
from zsbench.registry import proxies, spaces
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from zsbench.registry import Proxy
    from zsbench.spaces.base import Space

Record = dict[str, Cell]


def show(
    name: Annotated[str, typer.Argument(help="A proxy, space or protocol; or an architecture: nb201:1462, a string.")],
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Show a proxy, space, architecture or protocol in full."""
    record = _find(name)
    if wants_people_view(format, output):
        rows = tuple((key, value) for key, value in record.items() if value not in {"", None})
        table = Table(str(record["name"]), (Column("field"), Column("value")), rows)
    else:
        table = Table("", tuple(Column(key) for key in record), (tuple(record.values()),))
    emit(table, format, output)


def _find(name: str) -> Record:
    if name in (known_proxies := proxies()):
        return _proxy(known_proxies[name])
    if name in (known_spaces := spaces()):
        return _space(known_spaces[name])
    if name in (known_protocols := protocols()):
        return _protocol(name, known_protocols[name])
    if re.fullmatch(r"[A-Za-z_][\w-]*", name):
        raise unknown_name("name", name, {*known_proxies, *known_spaces, *known_protocols})
    return _arch(*_locate(name))


def _locate(text: str) -> tuple[Space, int]:
    """Return the space and index that `SPACE:ARCH`, or an architecture alone, means."""
    known = spaces()
    prefix, colon, arch = text.partition(":")
    if colon and re.fullmatch(r"[A-Za-z_][\w-]*", prefix):
        if prefix not in known:
            raise unknown_name("space", prefix, known)
        return known[prefix], known[prefix].index(arch)
    found: dict[str, tuple[Space, int]] = {}
    errors: dict[str, UsageError] = {}
    for name, space in known.items():
        try:
            found[name] = space, space.index(text)
        except UsageError as error:
            errors[name] = error
    # A space with another's architectures (nats-tss and nb201) derives from it: the original is meant.
    first = [name for name in found if not any(_derives(known[name], known[other]) for other in found)]
    if len(first) == 1:
        return found[first[0]]
    if found:
        raise UsageError(f"{', '.join(first)} can all read {text!r}", f"name the space, as in {first[0]}:{text}")
    raise errors[max(errors, key=lambda name: _likeness(text, known[name].example))]


def _derives(space: Space, other: Space) -> bool:
    return type(space) is not type(other) and isinstance(space, type(other))


def _likeness(text: str, arch: str) -> float:
    return difflib.SequenceMatcher(None, text, arch).ratio()


def _proxy(proxy: Proxy) -> Record:
    module = sys.modules[proxy.score.__module__]
    return {
        "name": proxy.name,
        "kind": "proxy",
        "summary": proxy.summary,
        "description": _after_summary(module.__doc__),
        "definition": inspect.getsource(proxy.score).rstrip(),
        "direction": direction(proxy),
        "family": proxy.family,
        "criterion": proxy.criterion,
        "needs": needs(proxy),
        "version": proxy.version,
        "experimental": proxy.experimental,
        "cite": proxy.cite,
        "bibtex": bibtex(proxy.cite),
    }


def _space(space: Space) -> Record:
    datasets = [f"{d.name} ({d.size}x{d.size}, {d.classes} classes)" for d in space.datasets]
    targets = [
        f"{dataset.name} {target}: {source}"
        for dataset in space.datasets
        for target, source in _different_targets(space, dataset.name).items()
    ]
    return {
        "name": space.name,
        "kind": "space",
        "summary": space.summary,
        "description": _after_summary(sys.modules[type(space).__module__].__doc__),
        "networks": len(space),
        "unique": len(set(space.keys())),
        "different_networks": len(set(space.twins(loose_ends=True))),
        "functions": len(set(space.twins(loose_ends=False))),
        "valid": int(space.valid().sum()),
        "dead": int(space.dead().sum()),
        "datasets": "\n".join(datasets),
        "groups": "\n".join(f"{grouping}: {_counted(names)}" for grouping, names in space.groups().items()),
        "targets": "\n".join(targets),
        "costs": "\n".join(f"{dataset.name} {', '.join(_costs(space, dataset.name))}" for dataset in space.datasets),
        "cite": space.cite,
        "bibtex": bibtex(space.cite),
    }


def _counted(names: Iterable[str]) -> str:
    """Return each name with how often it occurs, the most frequent first."""
    return ", ".join(f"{name} {count}" for name, count in Counter(names).most_common())


def _arch(space: Space, index: int) -> Record:
    keys, networks, functions = space.keys(), space.twins(loose_ends=True), space.twins(loose_ends=False)
    record: Record = {
        "name": f"{space.name}:{index}",
        "kind": "arch",
        "space": space.name,
        "index": index,
        "arch": space.arch(index),
        "class": keys[index],
        "class_size": sum(key == keys[index] for key in keys),
        "equal_networks": int((networks == networks[index]).sum()),
        "same_function": int((functions == functions[index]).sum()),
        "valid": bool(space.valid()[index]),
        "dead": bool(space.dead()[index]),
        **space.facts(index),
    }
    for dataset in space.datasets:
        for target in _different_targets(space, dataset.name):
            value = float(space.truth(dataset.name, target).values[index])
            record[f"{dataset.name} {target}"] = None if math.isnan(value) else value
        for name, values in space.imported_costs(dataset.name).items():
            if "@" not in name:
                record[f"{dataset.name} {name}"] = None if math.isnan(values[index]) else float(values[index])
    return record


def _costs(space: Space, dataset: str) -> list[str]:
    """Return what is known of what networks cost, by the names that regimes use; imported ones by their plain names."""
    return [name for name in space.all_costs(dataset) if "@" not in name]


def _different_targets(space: Space, dataset: str) -> dict[str, str]:
    """Return the truth columns by their shortest names: `valid` and `valid@SOURCE` may be one and the same."""
    shortest: dict[str, str] = {}
    for target, source in sorted(space.targets(dataset).items(), key=lambda item: len(item[0])):
        shortest.setdefault(source, target)
    return {target: source for source, target in shortest.items()}


def _protocol(name: str, path: Path) -> Record:
    from zsbench.conditions import load_protocol

    text = path.read_text(encoding="utf-8")
    return {"name": name, "kind": "protocol", "summary": load_protocol(name).summary, "definition": text.rstrip()}


def _after_summary(docstring: str | None) -> str:
    """Return what a docstring says after its first line, each paragraph unwrapped (lists and indents stay)."""
    rest = inspect.cleandoc(docstring or "").partition("\n")[2].strip()
    return re.sub(r"(?<!\n)\n(?![\n\s*-])", " ", rest)
