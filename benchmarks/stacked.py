"""Seconds a network of one at a time beside stacks of several, on this machine's CPU: `make bench`.

Both ways run in one process with one thread, and what counts is the time of this process on the CPU.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from runner import machine

from zsbench.conditions import load_protocol
from zsbench.evaluate import Job, make_plan
from zsbench.evaluate.plan import in_stacks
from zsbench.evaluate.run import prepare, work_together
from zsbench.inputs import draw_inputs
from zsbench.registry import find_space, select_proxies
from zsbench.render import Format, render
from zsbench.sources import find_source
from zsbench.tables import Cell, Column, Table

NETWORKS, DATASET, SIZE, CLASSES = 4, "ImageNet16-120", 16, 120
STACKS = (1, 2, 4)
BATCHES = (64, 16)


def jobs(batch: int) -> tuple[Job, ...]:
    """Return the work of scoring living networks with all proxies, and make this process ready for it."""
    space = find_space("nb201")
    dead = space.dead()
    indices = [int(index) for index in space.sample(4 * NETWORKS) if not dead[index]][:NETWORKS]
    inputs = draw_inputs(find_source("photos", DATASET), SIZE, CLASSES, batch, 0)
    conditions = load_protocol("unified").conditions("bench", input="photos", batch_size=batch)
    wanted = [(proxy, conditions) for proxy in select_proxies(["all"]) if not proxy.is_aggregate]
    prepare("nb201", DATASET, {conditions: inputs}, "cpu")
    return make_plan("nb201", DATASET, indices, wanted, {conditions: inputs}, lambda _c, _p: ()).jobs


def measured(batch: int) -> dict[int, float]:
    """Return the seconds a network takes in stacks of each size."""
    todo = jobs(batch)
    work_together(todo[:1])
    work_together(todo[:2])
    found = {}
    for size in STACKS:
        began = time.process_time()
        for stack in in_stacks(todo, size):
            work_together(stack)
        found[size] = (time.process_time() - began) / NETWORKS
    return found


def table() -> Table:
    """Return a row a batch size and stack."""
    rows: list[tuple[Cell, ...]] = []
    for batch in BATCHES:
        found = measured(batch)
        rows += [(batch, size, seconds, seconds / found[1]) for size, seconds in found.items()]
    columns = (
        Column("batch"),
        Column("networks at once"),
        Column("CPU seconds", digits=3),
        Column("times one at a time", digits=2),
    )
    note = "Seconds of this process on the CPU, one thread; on a GPU, for which stacks are made, nothing was measured."
    title = f"Stacks: NAS-Bench-201, {DATASET} at {SIZE}x{SIZE}, all proxies, seconds a network, over {NETWORKS}"
    return Table(title, columns, tuple(rows), (note, machine()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="add the table, as Markdown, to this file as well")
    options = parser.parse_args()
    torch.set_num_threads(1)
    result = table()
    sys.stdout.write(render(result, Format.RICH, width=100))
    if options.output is not None:
        with options.output.open("a", encoding="utf-8") as file:
            file.write(f"{render(result, Format.MD)}\n")
