"""The runner of benchmarks: rows in processes of their own, targets, a table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
@pytest.mark.parametrize(("most_seconds", "code", "verdict"), [(5, 0, "met"), (0.05, 4, "missed")])
def test_rows_are_timed_against_their_targets_and_each_other(run, most_seconds, code, verdict):
    done, table = run(most_seconds)
    assert done.returncode == code, done.stderr
    row = next(line for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| long"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert 0.1 <= float(cells[1]) < 5
    assert (cells[3], cells[4], cells[6]) == (f"{most_seconds} s, 4 GiB", verdict, "short")
    assert float(cells[5]) > 2
    assert "A note." in done.stdout
