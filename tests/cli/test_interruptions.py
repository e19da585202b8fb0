"""Runs that are killed, interrupted, doubled or out of room, as processes of their own: nothing finished is lost."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app
from zsbench.registry import find_space
from zsbench.store import read_score_file, read_scores, verify

pytestmark = pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps to look for worker processes")

PROGRAM = """
import sys
from zsbench.store import writer

writer.MAX_SHARE = 1.0  # so that the interval alone decides
writer.Writer.__init__.__defaults__ = (0.1,)
sys.argv[0] = "zsbench"
from zsbench.cli.app import main

main()
"""
CELLS = ["".join(digits) for digits in product("01", repeat=6)]
"""The 64 cells of none and skip_connect, as six-digit keys: there is little to compute."""
PROXIES = ("params", "synflow", "l2_norm")
WORDS = ["--input", "noise", "--batch-size", "4", *(word for name in PROXIES for word in ("--proxy", name))]


@pytest.fixture
def folder() -> Path:
    """Return the folder of the score files of this test (see tests/conftest.py)."""
    return Path(os.environ["ZSBENCH_RESULTS"]) / "scores"


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `zsbench score` as the leader of a process group of its own."""
    running = []

    def run(*words: str, cells: int = len(CELLS), **options: object) -> subprocess.Popen[str]:
        path = tmp_path / f"{cells}.txt"
        path.write_text("\n".join(CELLS[-cells:]))
        command = [sys.executable, "-c", PROGRAM, "score", "--archs", str(path), *WORDS, *words]
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        running.append(subprocess.Popen(command, **(settings | options)))
        return running[-1]

    yield run
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def has_stored(folder: Path) -> bool:
    return any(folder.glob("*.h5"))


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the worker processes of a run; the interpreter's own resource tracker is none."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = [line.split(maxsplit=3) for line in listed]
    return [int(row[0]) for row in rows if int(row[1]) == process.pid and "spawn_main" in row[3] and "Z" not in row[2]]


def alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and "Z" not in state


def stored(folder: Path) -> Counter[tuple[int, str]]:
    """Count how often each score lies in any file."""
    found: Counter[tuple[int, str]] = Counter()
    for path in folder.glob("*.h5"):
        for one in read_score_file(path).sets:
            for name, column in one.columns.items():
                found.update((index, name) for index in one.index[column.scored].tolist())
    return found


def wanted(cells: int = len(CELLS)) -> set[tuple[int, str]]:
    space = find_space("nb201")
    return {(space.index(cell), name) for cell in CELLS[-cells:] for name in PROXIES}


def finish(tmp_path: Path, cells: int = len(CELLS)) -> str:
    """Score the cells in this process, which is quicker than starting another; return what was said."""
    path = tmp_path / "rest.txt"
    path.write_text("\n".join(CELLS[-cells:]))
    return again(["score", "--archs", str(path), *WORDS, "--workers", "1"])


def again(words: list[str]) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.stderr


def test_after_kill_9_the_same_command_goes_on_and_scores_nothing_twice(start, folder, tmp_path):
    process = start("--workers", "2")
    until(lambda: has_stored(folder))
    workers = workers_of(process)
    assert len(workers) == 2
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not any(map(alive, workers)), 10)
    before = stored(folder)
    assert 0 < len(before) < len(wanted())
    err = finish(tmp_path)
    assert f"{len(wanted()) - len(before)} scores to compute" in err
    assert stored(folder) == dict.fromkeys(wanted(), 1)
    assert not verify(folder).problems


@pytest.mark.parametrize(
    ("number", "workers", "whole_group"),
    [(signal.SIGINT, "2", True), (signal.SIGTERM, "2", True), (signal.SIGTERM, "1", False)],
)
def test_a_signal_stops_within_seconds_keeps_what_is_finished_and_says_how_to_go_on(
    start, folder, number, workers, whole_group
):
    process = start("--workers", workers, "--json")
    until(lambda: has_stored(folder))
    children = workers_of(process)
    began = time.monotonic()
    for _ in range(3):  # an impatient person
        os.killpg(process.pid, number) if whole_group else os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    assert process.returncode == 130, err
    assert not any(map(alive, children))
    before = stored(folder)
    assert 0 < len(before) < len(wanted())
    *_, said, command = err.strip().splitlines()
    assert f"interrupted; stored: {len(before)} scores of " in said
    assert json.loads(out)["scores"] == len(before)
    assert "Traceback" not in err
    program, *words = shlex.split(command)
    assert (program, words) == ("zsbench", process.args[3:])
    assert not list(folder.glob("*.tmp"))


def test_the_printed_command_finishes_the_run(start, folder):
    process = start("--workers", "1", cells=12)
    until(lambda: has_stored(folder))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    program, *words = shlex.split(err.strip().splitlines()[-1])
    assert program == "zsbench"
    again(words)
    assert stored(folder) == dict.fromkeys(wanted(12), 1)


def test_a_killed_worker_is_one_clear_line_and_finished_scores_stay(start, folder):
    process = start("--workers", "2", "--json")
    until(lambda: has_stored(folder))
    victim, other = workers_of(process)
    os.kill(victim, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    *_, error, hint = err.strip().splitlines()
    assert error == "error: a worker process died (killed for memory?)"
    assert "fewer --workers" in hint
    assert "Traceback" not in err
    assert not alive(other)
    before = stored(folder)
    assert before
    assert set(before.values()) == {1}
    assert json.loads(out)["scores"] == len(before) < json.loads(out)["planned_scores"]


def test_two_runs_at_once_in_one_folder_both_finish_and_count_once(start, folder):
    both = [start("--workers", "1", cells=8) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert len(list(folder.glob("*.h5"))) == 2
    (one,) = read_scores(folder).sets
    assert len(one.index) == 8
    assert {name: int(column.scored.sum()) for name, column in one.columns.items()} == dict.fromkeys(PROXIES, 8)
    first, second = (read_score_file(path).sets[0] for path in sorted(folder.glob("*.h5")))
    for name in PROXIES:
        assert first.columns[name].value.tobytes() == second.columns[name].value.tobytes()


def test_workers_order_and_resuming_do_not_change_a_bit(start, folder, tmp_path):
    cells = tmp_path / "cells.txt"
    cells.write_text("444444\n230000\n1835\n1651\n")
    everything = ["--archs", str(cells), "--proxy", "all", "--dataset", "ImageNet16-120"]
    runs = {"one": ["--workers", "1"], "two": ["--workers", "2"]}
    for name, words in runs.items():
        process = start(*everything, *words, "--results", str(tmp_path / name))
        _, err = process.communicate(timeout=150)
        assert process.returncode == 0, err
    (one,), (two,) = (read_scores(tmp_path / name / "scores").sets for name in runs)
    assert one.index.tolist() == two.index.tolist()
    assert len(one.columns) > 15
    for name, column in one.columns.items():
        assert column.value.tobytes() == two.columns[name].value.tobytes(), name
        assert np.array_equal(column.status, two.columns[name].status), name


def test_a_full_disk_stops_cleanly_with_what_is_stored_intact(start, folder, tmp_path):
    finish(tmp_path, cells=2)
    process = start(
        "--workers", "1", cells=8, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    )
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    *_, error, hint = err.strip().splitlines()
    assert error.startswith("error: cannot store scores in ")
    assert "what was stored before is intact" in hint
    assert stored(folder) == dict.fromkeys(wanted(2), 1)
    assert [path.suffix for path in folder.iterdir()] == [".h5"]


def test_a_reader_that_leaves_early_is_no_error(start, folder, tmp_path):
    finish(tmp_path, cells=1)
    reader, writer = os.pipe()
    os.close(reader)
    process = start("--json", cells=1, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Error" not in err
    assert len(err.strip().splitlines()) == 1
