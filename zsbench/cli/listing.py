"""`zsbench list`: what there is, one line each."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from zsbench.cli.options import FormatOption, OutputOption
from zsbench.cli.output import emit
from zsbench.registry import proxies, spaces
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from zsbench.evidence import Need
    from zsbench.registry import Proxy
    from zsbench.spaces.base import Space


class What(StrEnum):
    """What can be listed."""

    SPACES = "spaces"
    PROXIES = "proxies"
    TARGETS = "targets"
    TABLES = "tables"
    FIGURES = "figures"
    PROTOCOLS = "protocols"


def listing(
    what: Annotated[What | None, typer.Argument(help="Default: spaces and proxies in brief.")] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """List spaces, proxies, targets, tables, figures or protocols."""
    emit(_overview() if what is None else _LISTS[what](), format, output)


def _overview() -> Table:
    rows: list[tuple[Cell, ...]] = [("space", space.name, space.summary) for space in spaces().values()]
    rows += [("proxy", proxy.name, proxy.summary) for proxy in proxies().values()]
    columns = (Column("kind"), Column("name"), Column("summary"))
    return Table("Spaces and proxies", columns, tuple(rows), ("zsbench show NAME tells more.",))


def _spaces() -> Table:
    columns = (Column("name"), Column("networks"), Column("datasets"), Column("truth"), Column("summary", priority=1))
    rows = (
        (space.name, len(space), ", ".join(dataset.name for dataset in space.datasets), _truth(space), space.summary)
        for space in spaces().values()
    )
    return Table("Spaces", columns, tuple(rows))


def _truth(space: Space) -> str:
    """Say which truth a space has, or the command that brings it."""
    from zsbench.truths.space import SpaceWithTruth

    targets = dict.fromkeys(t for dataset in space.datasets for t in space.targets(dataset.name) if "@" not in t)
    if targets:
        return ", ".join(targets)
    lacking = space.lacks() if isinstance(space, SpaceWithTruth) else ""
    return lacking or f"none yet: zsbench data import {space.name} FILE (zsbench data list)"


def _proxies() -> Table:
    columns = (
        Column("name"),
        Column("family"),
        Column("criterion", priority=2),
        Column("direction", priority=1),
        Column("needs", priority=3),
        Column("cite", human=False),
        Column("summary"),
    )
    rows = ((p.name, p.family, p.criterion, direction(p), needs(p), p.cite, p.summary) for p in proxies().values())
    return Table("Proxies", columns, tuple(rows))


def direction(proxy: Proxy) -> str:
    """Say which raw values are better."""
    return "higher is better" if proxy.higher_is_better else "lower is better"


def needs(proxy: Proxy) -> str:
    """Say what evidence a proxy needs; an aggregate needs other proxies."""
    return ", ".join(proxy.of) if proxy.is_aggregate else ", ".join(_describe_need(need) for need in proxy.needs)


def _describe_need(need: Need) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(need).__name__).lower()
    special = [
        f"{field.name}={getattr(need, field.name)}"
        for field in dataclasses.fields(need)
        if getattr(need, field.name) != field.default
    ]
    return f"{words} ({', '.join(special)})" if special else words


def _targets() -> Table:
    columns = (Column("name"), Column("space"), Column("dataset"), Column("source"))
    rows = (
        (target, space.name, dataset.name, source)
        for space in spaces().values()
        for dataset in space.datasets
        for target, source in space.targets(dataset.name).items()
    )
    return Table("Targets: the accuracies that scores can be ranked against", columns, tuple(rows))


def _protocols() -> Table:
    from zsbench.conditions import protocols

    return _configurations("Protocols", protocols().items())


def _tables() -> Table:
    from zsbench.paths import packaged

    files = sorted((packaged("configs") / "tables").glob("*.toml"))
    return _configurations("Tables", ((path.stem, path) for path in files))


def _figures() -> Table:
    from zsbench.figures import FIGURES

    return Table("Figures", (Column("name"), Column("summary")), tuple((one.name, one.summary) for one in FIGURES))


def _configurations(title: str, files: Iterable[tuple[str, Path]]) -> Table:
    rows = ((name, tomllib.loads(path.read_text(encoding="utf-8")).get("summary", "")) for name, path in files)
    return Table(title, (Column("name"), Column("summary")), tuple(rows))


_LISTS: dict[What, Callable[[], Table]] = {
    What.SPACES: _spaces,
    What.PROXIES: _proxies,
    What.TARGETS: _targets,
    What.TABLES: _tables,
    What.FIGURES: _figures,
    What.PROTOCOLS: _protocols,
}
