from __future__ import annotations

import io
import re
import sys

import pytest

from zsbench.cli import progress as module
from zsbench.cli.progress import Pace, progress
from zsbench.conditions import Conditions
from zsbench.evaluate import Job, Plan


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def plan(networks: int, seeds: int = 1, dataset: str = "cifar10") -> Plan:
    jobs = [Job(i, Conditions(seed=seed), ("snip",)) for i in range(networks) for seed in range(seeds)]
    return Plan("nb201", dataset, tuple(jobs), {})


def test_before_the_first_job_a_run_is_starting():
    assert Pace([plan(1500)]).text == "0/1,500 networks, starting"


def test_the_rate_counts_from_the_first_job_that_was_done():
    clock = Clock()
    pace = Pace([plan(10)], clock)
    for i in range(5):
        clock.now = 100 + 0.5 * i
        pace.step("cifar10", i, 0)
    assert pace.text == "5/10 networks, 2.0/s, 0:00:02 left"


def test_a_slow_rate_is_told_by_the_minute():
    clock = Clock()
    pace = Pace([plan(1000)], clock)
    for i in range(3):
        clock.now = 40 * i
        pace.step("cifar10", i, 0)
    assert pace.text == "3/1,000 networks, 1.5/min, 11:04:40 left"


def test_a_network_is_done_with_its_last_seed():
    pace = Pace([plan(2, seeds=3)], Clock())
    for _ in range(2):
        pace.step("cifar10", 0, 0)
    assert pace.networks_done == 0
    pace.step("cifar10", 0, 0)
    assert (pace.networks_done, pace.networks) == (1, 2)


def test_the_same_network_counts_once_a_dataset():
    pace = Pace([plan(2), plan(2, dataset="cifar100")], Clock())
    pace.step("cifar10", 0, 0)
    pace.step("cifar100", 0, 0)
    assert (pace.networks_done, pace.networks) == (2, 4)


def test_failures_are_counted():
    pace = Pace([plan(2)], Clock())
    pace.step("cifar10", 0, 3)
    assert pace.text == "1/2 networks, 3 failed"


def test_a_log_gets_a_line_every_half_minute_at_most(capsys, monkeypatch):
    clock = Clock()
    advance = module._lines(Pace([plan(100)], clock), clock)
    for i in range(100):
        clock.now = float(i)
        advance("cifar10", i, 0)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "31/100 networks, 1.0/s, 0:01:09 left",
        "61/100 networks, 1.0/s, 0:00:39 left",
        "91/100 networks, 1.0/s, 0:00:09 left",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_a_terminal_gets_a_bar_of_one_line_that_leaves_nothing_behind(columns, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    with progress([plan(20)]) as advance:
        for i in range(20):
            advance("cifar10", i, 1)
    shown = terminal.getvalue()
    frames = [
        frame for frame in re.split(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n", re.sub(r"\x1b\[[0-9;]*m", "", shown)) if frame
    ]
    assert any("20/20 networks" in frame for frame in frames)
    assert max(map(len, frames)) <= columns - 3
    assert shown.endswith("\x1b[2K")  # the bar's line is erased


def test_a_dumb_terminal_gets_lines(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "dumb")
    with progress([plan(1)]) as advance:
        advance("cifar10", 0, 0)
    assert terminal.getvalue() == ""
