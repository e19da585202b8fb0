"""Bias: how far each proxy ranks by size, cost and operations of the network, beside what accuracy does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zsbench.errors import NothingToReportError
from zsbench.figures.drawn import Drawn
from zsbench.figures.lettering import SMALL, beside
from zsbench.figures.study import Study
from zsbench.figures.style import WIDTH, canvas, heading, key, key_height, named_rows, place
from zsbench.figures.tokens import INK, MUTED, Family, families
from zsbench.figures.words import family, listed, name, number, over
from zsbench.tables.bias import TRUTH, bias_of

_NAMES, _GAP, _ROW, _HEAD, _FOOT, _ACROSS = 1.0, 0.13, 0.165, 0.34, 0.22, 5
"""Inches (names take so many at least); and panels a row."""


@dataclass(frozen=True)
class Property:
    """Something the space states of its networks: tau-b with it, of accuracy and by proxy; NaN where undefined."""

    name: str
    of_truth: float
    tau: Mapping[str, float]


def draw(study: Study) -> Drawn:
    """Draw one study; raise `NothingToReportError` if the space states nothing of its networks."""
    found = bias_of(study.whole, study.space)
    by_name = {named: [one.value for one in estimates] for named, estimates, _, _ in found.rows}
    proxies = {name(line): family(line) for line in study.ranked}
    properties = [
        Property(stated, by_name[TRUTH][at], {proxy: by_name[proxy][at] for proxy in proxies})
        for at, stated in enumerate(found.properties)
    ]
    properties = [one for one in properties if any(math.isfinite(tau) for tau in one.tau.values())]
    if not properties:
        raise NothingToReportError(f"{study.space.name} states nothing of its networks that proxies could rank by")
    return Drawn(
        "bias",
        "What else the proxies rank by",
        f"{over(study.whole)} tau-b of each proxy with what the space states of its networks: costs, and how often "
        "each operation occurs. Line: tau-b of accuracy with the same; a bar that reaches further prefers more of it "
        "than is worth it.",
        _in_words(properties),
        bias(properties, proxies),
    )


def _in_words(properties: Sequence[Property]) -> str:
    said = []
    for one in properties:
        known = [(abs(tau), proxy, tau) for proxy, tau in one.tau.items() if math.isfinite(tau)]
        strongest = listed(f"{proxy} {number(tau, 2)}" for _, proxy, tau in sorted(known, reverse=True)[:2])
        said.append(f"{one.name} (accuracy {number(one.of_truth, 2)}): {strongest}")
    return f"Bars of tau-b with properties of the networks; the strongest two proxies each. {'; '.join(said)}."


def bias(properties: Sequence[Property], proxies: Mapping[str, str]) -> Figure:
    """Draw a panel a property and a bar a proxy (name -> family), in the order given."""
    shown = families(proxies.values())
    legend = key_height(shown, WIDTH) + 0.06
    rows = math.ceil(len(properties) / _ACROSS)
    across = math.ceil(len(properties) / rows)
    body = _ROW * len(proxies)
    figure = canvas(WIDTH, legend + rows * (_HEAD + body + _FOOT))
    names, left = beside(list(proxies), SMALL + 0.5, _NAMES)
    wide = (WIDTH - left - _GAP * (across - 1) - 0.08) / across
    looks = [shown[of] for of in proxies.values()]
    for at, one in enumerate(properties):
        row, column = divmod(at, across)
        bottom = _FOOT + (rows - 1 - row) * (_HEAD + body + _FOOT)
        axes = place(figure, left + column * (wide + _GAP), bottom, wide, body)
        named_rows(axes, names, labelled=column == 0)
        _bars(axes, one, list(proxies), looks)
        heading(axes, one.name)
    key(figure, shown, 0.02, 0.1, WIDTH)
    return figure


def _bars(axes: Axes, one: Property, proxies: Sequence[str], looks: Sequence[Family]) -> None:
    axes.tick_params(axis="y", labelsize=SMALL + 0.5)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-0.5, 0, 0.5], ["−0.5", "0", "0.5"])
    axes.axvline(0, color=MUTED.light, linewidth=0.7, zorder=1)
    for row, (proxy, look) in enumerate(zip(proxies, looks, strict=True)):
        if math.isfinite(one.tau[proxy]):
            axes.barh(row, one.tau[proxy], height=0.62, color=look.colour, zorder=2)
    if math.isfinite(one.of_truth):
        axes.axvline(one.of_truth, color=INK.light, linewidth=1.0, linestyle=(0, (3, 1.5)), zorder=3)
