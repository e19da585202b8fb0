"""Whether the memory of a process grows with the networks that it scores: `make bench`.

Batches are small, so that a thousand networks take minutes: what leaks with every network leaks with these as well.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import math
import os
import resource
import sys
from pathlib import Path

from runner import machine

from zsbench.conditions import load_protocol
from zsbench.evaluate import Plan, evaluate, make_plan
from zsbench.inputs import draw_inputs
from zsbench.registry import find_space, select_proxies
from zsbench.render import Format, render
from zsbench.sources import find_source
from zsbench.tables import Cell, Column, Table

DATASET, SIZE, CLASSES, BATCH = "ImageNet16-120", 16, 120, 4
AFTER = (100, 250, 500, 1000)
"""Networks after which memory is read."""
MOST_GROWTH = 1.05


def plan(networks: int) -> Plan:
    """Return the work of scoring so many networks with all proxies."""
    inputs = draw_inputs(find_source("photos", DATASET), SIZE, CLASSES, BATCH, 0)
    conditions = load_protocol("unified").conditions("bench", input="photos", batch_size=BATCH, samples=BATCH)
    wanted = [(proxy, conditions) for proxy in select_proxies(["all"]) if not proxy.is_aggregate]
    indices = [int(index) for index in find_space("nb201").sample(networks)]
    return make_plan("nb201", DATASET, indices, wanted, {conditions: inputs}, lambda _c, _p: ())


def resident() -> float:
    """Return the MiB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak() -> float:
    """Return the MiB that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Mallinfo2(ctypes.Structure):
    """What glibc says of its heap, in bytes (mallinfo(3))."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keep",
        )
    )


def in_use() -> float:
    """Return the MiB of the heap that are in use, without what is kept for reuse; NaN without glibc 2.33."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return math.nan
    mallinfo2.restype = Mallinfo2
    gc.collect()
    heap = mallinfo2()
    return float(heap.uordblks + heap.hblkhd) / 2**20


def measured() -> dict[int, tuple[float, float, float]]:
    """Return (MiB of the heap in use, MiB now, MiB at most) after so many networks."""
    found = {}
    for number, _ in enumerate(evaluate(plan(AFTER[-1])), start=1):
        if number in AFTER:
            found[number] = (in_use(), resident(), peak())
    return found


def table(found: dict[int, tuple[float, float, float]]) -> Table:
    """Return a row a reading."""
    columns = (
        Column("networks"),
        Column("MiB of heap in use", digits=2),
        Column("MiB now", digits=0),
        Column("peak MiB", digits=0),
        Column(f"peak, times that after {AFTER[0]}", digits=3),
    )
    first = found[AFTER[0]][-1]
    rows: list[tuple[Cell, ...]] = [(n, *read, read[-1] / first) for n, read in found.items()]
    verdict = "met" if grown(found) <= MOST_GROWTH else "missed"
    notes = (
        f"Target: flat, that is at most {MOST_GROWTH:g} times: {verdict}.",
        "In use: what is not freed, where a leak would show. The rest of the heap is kept for reuse.",
        machine(),
    )
    title = f"Memory of one process: NAS-Bench-201, {DATASET} at {SIZE}x{SIZE}, batch {BATCH}, all proxies"
    return Table(title, columns, tuple(rows), notes)


def grown(found: dict[int, tuple[float, float, float]]) -> float:
    """Return the last peak in times of the first."""
    return found[AFTER[-1]][-1] / found[AFTER[0]][-1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, help="add the table, as Markdown, to this file as well")
    options = parser.parse_args()
    if not Path("/proc/self/statm").exists():
        sys.stderr.write("memory is read from /proc: not measured on this system\n")
        sys.exit(0)
    readings = measured()
    result = table(readings)
    sys.stdout.write(render(result, Format.RICH, width=100))
    if options.output is not None:
        with options.output.open("a", encoding="utf-8") as file:
            file.write(f"{render(result, Format.MD)}\n")
    sys.exit(0 if grown(readings) <= MOST_GROWTH else 4)
