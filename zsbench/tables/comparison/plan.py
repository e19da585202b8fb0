"""What a table of correlations is over: scopes of datasets, populations and statistics, as its TOML file says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from zsbench.errors import ZsbenchError
from zsbench.stats import Statistic, parse_regimes, parse_statistic
from zsbench.tables.published import CORRELATIONS, Printed

CORRELATED = ("kendall", "spearman")
"""Statistics that are shown of every proxy measured; others only beside published values."""


@dataclass(frozen=True)
class Asked:
    """A statistic that papers print, as ours."""

    name: str
    """How our tables call it."""
    statistic: Statistic
    absolute: bool = False
    """Whether signs are removed."""
    counts: bool = False
    """Whether it hangs on a count of networks, so that it compares over whole populations only."""


def asked(printed: str, sample: int | None = None) -> Asked | None:
    """Return our statistic for a published one, None if there is none; `sample` networks are those papers drew.

    nDCG has the cut-off 1,000 that reproduces VKDNW's numbers; among N random networks, precision@100 is a share.
    """
    if printed in CORRELATED:
        return Asked(printed, parse_statistic(printed))
    if printed == "abs_spearman":
        return Asked(printed, parse_statistic("spearman"), absolute=True)
    if printed == "ndcg":
        return Asked("ndcg@1000", parse_statistic("ndcg@1000"), counts=True)
    if match := re.fullmatch(r"precision@(?:top)?(\d+)(%?)", printed):
        share = f"{match[1]}%" if match[2] else _share(int(match[1]), sample)
        name = f"p@{share or match[1]}"
        return Asked(name, parse_statistic(name), counts=not share)
    return None


def _share(count: int, sample: int | None) -> str:
    return f"{float(Fraction(100 * count, sample)):g}%" if sample else ""


@dataclass(frozen=True)
class Population:
    """A regime of ours and what papers' populations it stands beside."""

    regime: str
    published: tuple[str, ...] = ()
    sample: int | None = None
    """Networks that papers drew at random from such a population; None if they took all."""
    whole: str = ""
    """A wider regime that each value is set against: how much is left in this one."""

    @property
    def size(self) -> int | None:
        """How many networks papers' populations have, where their names say so."""
        sizes = {int(match[1]) for name in self.published if (match := re.fullmatch(r"[a-z]+(\d+)", name))}
        return sizes.pop() if len(sizes) == 1 else None


@dataclass(frozen=True)
class Scope:
    """Datasets of one space against one target."""

    space: str
    datasets: tuple[str, ...]
    target: str
    populations: tuple[Population, ...]
    heading: str = ""
    """What heads the matrix that the datasets are columns of, in tables that people see as matrices."""

    def claims(self, row: Printed) -> Population | None:
        """Return the population that a published row is about, None if it is not about this scope."""
        if row.space != self.space or row.dataset not in self.datasets or row.target != self.target:
            return None
        return next((one for one in self.populations if row.population in one.published), None)


@dataclass(frozen=True)
class Plan:
    """A named table of correlations as `configs/tables/NAME.toml` lays it out."""

    name: str
    title: str
    scopes: tuple[Scope, ...]
    statistics: tuple[str, ...]
    """Published statistics that it is about."""
    protocol: str = "unified"
    proxies: tuple[str, ...] = ()
    """Its rows, in this order, known or not; empty: all that are known and published or measured."""
    sources: tuple[str, ...] = ()
    """The only sources it is about; empty: all but those `without`."""
    without: tuple[str, ...] = ()
    published: str = CORRELATIONS
    alone: bool = True
    """Whether published values that nothing of ours stands beside are listed, with the reason."""
    view: str = "sections"
    """How people see it: `sections`, or `matrix`."""

    @classmethod
    def of(cls, layout: Mapping[str, Any], name: str) -> Plan:
        """Read a layout; raise `ZsbenchError` if it is not one of such a table."""
        given = {key: value for key, value in layout.items() if key not in {"kind", "summary", "scope"}}
        for key in ("statistics", "proxies", "sources", "without"):
            given[key] = tuple(given.get(key, ()))
        try:
            return cls(name=name, scopes=tuple(_scope(scope) for scope in layout["scope"]), **given)
        except (KeyError, TypeError) as error:
            raise ZsbenchError(f"configs/tables/{name}.toml is not a table of correlations: {error}") from error

    @property
    def where(self) -> list[tuple[str, str]]:
        """Every (space, dataset), each once."""
        return list(dict.fromkeys((scope.space, dataset) for scope in self.scopes for dataset in scope.datasets))

    def about(self, rows: Iterable[Printed]) -> list[Printed]:
        """Return the published rows of its datasets, statistics, sources and, where it lists them, proxies."""
        return [
            row
            for row in rows
            if (row.space, row.dataset) in self.where
            and row.statistic in self.statistics
            and (not self.sources or row.source in self.sources)
            and row.source not in self.without
            and (not self.proxies or row.proxy in self.proxies)
        ]


def _scope(scope: Mapping[str, Any]) -> Scope:
    populations = tuple(
        Population(**{**one, "published": tuple(one.get("published", ()))}) for one in scope["population"]
    )
    for one in populations:
        parse_regimes(one.regime)
    return Scope(scope["space"], tuple(scope["datasets"]), scope["target"], populations, scope.get("heading", ""))
