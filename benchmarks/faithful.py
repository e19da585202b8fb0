"""Whether fast equals slow: every proxy beside its plain form on 200 networks of NAS-Bench-201: `make faithful`.

The same weights and inputs go through zsbench and through the plain evaluator, both in float32. Where the two rank a
pair of networks differently, the plain evaluator runs in float64 on both of them (on the first such pairs of a proxy),
and on the first networks in any case: its distance from itself in float64 is what float32 rounds.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from agreement import Both, Found, How, Values
from plain import Drawn, drawn, plainly
from runner import machine

from zsbench.conditions import load_protocol
from zsbench.evaluate.network import score_subject
from zsbench.inputs import Inputs, draw_inputs
from zsbench.probes import Subject
from zsbench.registry import find_space, proxies
from zsbench.render import Format, render
from zsbench.score import Status
from zsbench.sources import find_source
from zsbench.spaces.cell201 import OPERATIONS, digits_of
from zsbench.stats.rank import kendall
from zsbench.tables import Cell, Column, Table

SPACE, DATASET = "nb201", "ImageNet16-120"
BATCH_SIZE = 16
ALWAYS_EXACT = 10
"""Networks on which the plain evaluator runs in float64 whatever the ranks."""
EXACT_PAIRS = 10
"""Pairs of a proxy, of those ordered differently, on which it runs in float64: some proxies have hundreds."""
NAMES = tuple(name for name, proxy in proxies().items() if not proxy.is_aggregate)


def living(count: int) -> list[int]:
    """Return the first networks of the nested sample that have a path from input to output."""
    space = find_space(SPACE)
    dead = space.dead()
    return [int(index) for index in space.sample(count + count // 5 + 10) if not dead[index]][:count]


def subject(index: int, inputs: Inputs) -> Subject:
    """Return a network under protocol unified, photographs, a batch of 16."""
    space = find_space(SPACE)
    arch = space.arch(index)
    return Subject(
        identity=f"{SPACE}/{DATASET}/{arch}",
        build=lambda: space.network(arch, DATASET),
        build_thin=lambda: space.thin_network(arch),
        inputs=inputs,
        conditions=load_protocol("unified").conditions("faithful", input="photos", batch_size=BATCH_SIZE),
        device=torch.device("cpu"),
    )


def fast(measured: Subject) -> Found:
    """Return the scores of zsbench that have a value, all proxies in one go."""
    outcomes = score_subject(measured, [proxies()[name] for name in NAMES])
    return {name: outcome.value for name, outcome in outcomes.items() if outcome.status is Status.OK}


def taken(index: int, inputs: Inputs, dtype: torch.dtype = torch.float32) -> Drawn:
    """Return what the plain evaluator works on."""
    operations = [OPERATIONS[digit] for digit in digits_of(index)]
    return drawn(subject(index, inputs), operations).to(dtype)


def measure(indices: list[int], values: Values) -> None:
    """Score all networks with both evaluators, and in float64 where ranks differ."""
    dataset = find_space(SPACE).dataset(DATASET)
    inputs = draw_inputs(find_source("photos", DATASET), dataset.size, dataset.classes, BATCH_SIZE, 0)
    for number, index in enumerate(indices):
        if not values.of(index, "fast"):
            values.add(index, "fast", fast(subject(index, inputs)))
        asked = set(values.of(index, "fast"))
        _plainly(index, inputs, asked, "plain", values)
        if number < ALWAYS_EXACT:
            _plainly(index, inputs, asked, "exact", values)
        sys.stderr.write(f"\r{number + 1} of {len(indices)} networks")
    wanted: dict[int, set[str]] = {}
    for name in NAMES:
        both = Both.of(name, indices, values)
        for pair in islice(both.apart(), EXACT_PAIRS):
            for place in pair:
                wanted.setdefault(both.indices[place], set()).add(name)
    for number, (index, names) in enumerate(wanted.items()):
        _plainly(index, inputs, names, "exact", values)
        sys.stderr.write(f"\r{number + 1} of {len(wanted)} networks in float64")
    sys.stderr.write("\n")


def _plainly(index: int, inputs: Inputs, names: set[str], how: How, values: Values) -> None:
    if missing := sorted(names - set(values.of(index, how))):
        given = taken(index, inputs, torch.float64 if how == "exact" else torch.float32)
        values.add(index, how, {name: plainly(name, given) for name in missing})


def row(name: str, both: Both) -> tuple[Cell, ...]:
    """Return a proxy's row."""
    if not both.indices:
        return (name, 0, *[None] * 9)
    differences, apart = both.differences(), list(both.apart())
    known = [pair for pair in apart if all(place in both.exact for place in pair)]
    return (
        name,
        len(both.indices),
        _short(statistics.median(differences)),
        _short(max(differences)),
        float(kendall(np.array(both.fast), np.array(both.plain)).value),
        len(apart),
        len(known) if apart else None,
        sum(both.within(pair) for pair in known) if apart else None,
        sum(both.sided(pair) for pair in known) if apart else None,
        _short(statistics.median(both.distances("fast"))),
        _short(statistics.median(both.distances("plain"))),
    )


def _short(number: float) -> str:
    return "0" if number == 0 else f"{number:.0e}" if math.isfinite(number) else "-"


def table(indices: list[int], values: Values) -> Table:
    """Return a row a proxy, and say in words what ranks identically."""
    every = {name: Both.of(name, indices, values) for name in NAMES}
    columns = (
        Column("proxy"),
        Column("n"),
        Column("median"),
        Column("max"),
        Column("tau-b", digits=6),
        Column("pairs apart"),
        Column("looked at"),
        Column("in rounding"),
        Column("float64 with fast"),
        Column("fast to float64"),
        Column("plain to float64"),
    )
    title = f"Fast beside plain: {len(indices)} networks of {SPACE} on {DATASET}, a batch of {BATCH_SIZE}, float32"
    return Table(title, columns, tuple(row(name, both) for name, both in every.items()), (*notes(every), machine()))


def notes(every: Mapping[str, Both]) -> list[str]:
    """Say which proxies rank identically, and how to read the columns."""
    counted = {name: len(list(both.apart())) for name, both in every.items() if both.indices}
    same = ", ".join(name for name, count in counted.items() if not count)
    other = ", ".join(f"{name} ({count})" for name, count in counted.items() if count)
    return [
        f"Rank-identical: {same or 'none'}. With pairs in another order: {other or 'none'}.",
        (
            "median, max: relative difference of the two. pairs apart: ordered differently, ties counted. looked at: "
            "of these, with both networks in float64. in rounding: of those, closer than the plain evaluator's "
            "distance from float64 (its own, at least the median one). float64 with fast: of those, what the plain "
            "evaluator in float64 orders as zsbench does."
        ),
        (
            f"float64 ran on the first {ALWAYS_EXACT} networks and on the first {EXACT_PAIRS} pairs apart of a proxy; "
            "the last columns are medians over these. n = 0: not defined on cells of free topology."
        ),
    ]


def main() -> None:
    """Measure, print the table, and with `-o` write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", "--networks", type=int, default=200)
    parser.add_argument("-o", "--output", type=Path, help="write the table, as Markdown, to this file")
    parser.add_argument("--values", type=Path, help="keep what is measured in this file, and go on from what it has")
    options = parser.parse_args()
    torch.set_num_threads(1)
    indices, values = living(options.networks), Values(options.values)
    measure(indices, values)
    found = table(indices, values)
    sys.stdout.write(render(found, Format.RICH, width=120))
    if options.output is not None:
        options.output.write_text(f"{render(found, Format.MD)}\n", encoding="utf-8")
        sys.stderr.write(f"wrote {options.output}\n")


if __name__ == "__main__":
    main()
