"""Benchmarks: rows in processes of their own, targets, a table; and a baseline that computes what we do."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from zsbench.conditions import Conditions
from zsbench.evaluate.network import score_subject
from zsbench.inputs import Batch, Inputs
from zsbench.networks.nats import cell_network
from zsbench.probes import Subject
from zsbench.registry import proxies

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPT = """
import time
from functools import partial
from runner import Row, main

def sleeping(seconds):
    kept = bytearray(int(seconds * 1e9))
    return lambda: time.sleep(seconds)

if __name__ == "__main__":
    main("Sleep", [Row("short", partial(sleeping, 0.01), 1, most_seconds=5), Row("long", partial(sleeping, 0.1), 1,
         most_seconds=SECONDS, most_mebibytes=4096, beside="short")], ["A note."])
"""


@pytest.fixture
def run(tmp_path):
    def script(most_seconds):
        path = tmp_path / "sleep.py"
        path.write_text(SCRIPT.replace("SECONDS", str(most_seconds)), encoding="utf-8")
        command = [sys.executable, str(path), "-o", str(tmp_path / "table.md")]
        environment = os.environ | {"PYTHONPATH": str(BENCHMARKS)}
        return subprocess.run(command, capture_output=True, text=True, env=environment), tmp_path / "table.md"

    return script


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks come with the checkout")
@pytest.mark.parametrize(("most_seconds", "code", "verdict"), [(5, 0, "met"), (0.05, 4, "missed (seconds)")])
def test_rows_are_timed_against_their_targets_and_each_other(run, most_seconds, code, verdict):
    done, table = run(most_seconds)
    assert done.returncode == code, done.stderr
    row = next(line for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| long"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert 0.1 <= float(cells[1]) < 5
    assert (cells[3], cells[4], cells[6]) == (f"{most_seconds} s, 4 GiB", verdict, "short")
    assert float(cells[5]) > 2
    assert "A note." in done.stdout


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks come with the checkout")
def test_the_baseline_computes_one_at_a_time_what_we_do_in_shared_passes():
    generator = np.random.default_rng(0)
    batch = Batch(generator.standard_normal((8, 3, 16, 16)).astype(np.float32), generator.integers(10, size=8))
    cell = ("nor_conv_3x3", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")

    def build():
        return cell_network(cell, 10, channels=8, cells=1)

    inputs = Inputs("made up", (batch,), np.zeros((0, 1, 3, 3), np.float32))
    subject = Subject("tiny", build, lambda: None, inputs, Conditions(torch="2"), torch.device("cpu"))
    baseline = runpy.run_path(str(BENCHMARKS / "one_at_a_time.py"))
    plainly = baseline["one_at_a_time"](subject.network, *subject.batch())
    ours = score_subject(subject, [proxies()[name] for name in plainly])
    assert len(plainly) == 8
    for name, value in plainly.items():
        # A difference of large numbers (plain), and second derivatives (grasp), keep fewer digits of float32.
        rel = 1e-2 if name in {"plain", "grasp"} else 1e-4
        assert ours[name].value == pytest.approx(value, rel=rel), name
