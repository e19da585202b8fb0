from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance
from zsbench.score import Status
from zsbench.store import Writer, read_scores, verify
from zsbench.store import writer as writer_module

C = Conditions()

RUN = """
import sys, time
from pathlib import Path
from zsbench.conditions import Conditions
from zsbench.provenance import Provenance
from zsbench.score import Score, Status
from zsbench.store import Writer, writer as module

module.MAX_SHARE = 1.0  # so that the interval alone decides
folder, first, pause, interval = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
with Writer(folder, Provenance(), interval=interval) as writer:
    for i in range(first, first + int(sys.argv[5])):
        writer.add("nb201", "cifar10", Conditions(), [Score(i, f"arch-{i}", "snip", 1, float(i), Status.OK, 0.1)])
        print(i, flush=True)
        time.sleep(pause)
"""


def run(folder: Path, *arguments: float, **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", RUN, str(folder), *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


def test_what_is_added_can_be_read_back(folder, make):
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [make(7, "snip", 1.5), make(7, "zico", 2.5)])
        writer.add("nb201", "cifar10", C, [make(2, "snip", reason="boom")])
    (scores,) = read_scores(folder).sets
    assert scores.index.tolist() == [2, 7]
    assert scores.arch.tolist() == ["arch-2", "arch-7"]
    assert scores.columns["snip"].names().tolist() == ["failed", "ok"]
    assert scores.columns["snip"].reason.tolist() == ["boom", ""]
    assert scores.columns["zico"].names().tolist() == ["", "ok"]
    assert scores.columns["zico"].value[1] == 2.5


def test_a_run_that_stored_nothing_leaves_no_file(folder):
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [])
    assert list(folder.iterdir()) == []
    assert writer.files == []


def test_a_run_leaves_one_file_however_often_it_writes(folder, make):
    with Writer(folder, Provenance(), interval=0) as writer:
        for i in range(20):
            writer._due = 0  # the back-off would skip some
            writer.add("nb201", "cifar10", C, [make(i, value=1.0)])
    assert list(folder.iterdir()) == writer.files
    assert len(read_scores(folder).sets[0].index) == 20


def test_scores_survive_an_interrupt_of_the_run(folder, make):
    def interrupted() -> None:
        with Writer(folder, Provenance()) as writer:
            writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read_scores(folder).sets[0].done("snip", 1) == {1}


def test_an_interrupt_while_writing_loses_nothing(folder, make, monkeypatch):
    replace = os.replace

    def interrupt(*_: object) -> None:
        monkeypatch.setattr(os, "replace", replace)
        raise KeyboardInterrupt

    def interrupted() -> None:
        with Writer(folder, Provenance()) as writer:
            writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
            writer.flush()

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read_scores(folder).sets[0].done("snip", 1) == {1}
    assert [path.suffix for path in folder.iterdir()] == [".h5"]


def test_writing_waits_until_the_interval_is_over(folder, make):
    with Writer(folder, Provenance(), interval=3600) as writer:
        writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
        assert writer.files == []


def test_writing_backs_off_to_one_per_cent_of_the_run(folder, make, monkeypatch):
    write = writer_module.write_whole

    def slow(path: Path, data: bytes) -> None:
        time.sleep(0.05)
        write(path, data)

    monkeypatch.setattr(writer_module, "write_whole", slow)
    with Writer(folder, Provenance(), interval=0.01) as writer:
        writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
        writer.flush()
        assert writer._due - time.monotonic() > 4.9


def test_a_very_long_run_goes_on_in_a_further_file(folder, make, monkeypatch):
    monkeypatch.setattr(writer_module, "PART_SCORES", 3)
    with Writer(folder, Provenance()) as writer:
        for i in range(7):
            writer.add("nb201", "cifar10", C, [make(i, value=float(i))])
            writer.flush()
    assert len(writer.files) == 3
    assert read_scores(folder).sets[0].columns["snip"].value.tolist() == list(range(7))


@pytest.mark.parametrize(
    ("status", "value"),
    [(Status.OK, float("nan")), (Status.OK, float("inf")), (Status.FAILED, 0.0), (Status.INF, float("inf"))],
)
def test_a_value_that_contradicts_its_status_is_refused(folder, make, status, value):
    with Writer(folder, Provenance()) as writer, pytest.raises(ValueError, match="does not go with"):
        writer.add("nb201", "cifar10", C, [make(1, "snip", value, status)])


def test_two_archs_of_one_index_are_refused(folder, make):
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
        with pytest.raises(ValueError, match="index 1 is arch-1 and other"):
            writer.add("nb201", "cifar100", C, [make(1, value=1.0, arch="other")])


def test_a_name_that_would_nest_groups_is_refused(folder, make):
    with Writer(folder, Provenance()) as writer, pytest.raises(ValueError, match="cannot name"):
        writer.add("nb201", "cifar10", C, [make(1, "a/b", 1.0)])


def test_a_killed_run_loses_only_the_last_seconds(folder):
    process = run(folder, 0, 0.02, 0.2, 100_000)
    assert process.stdout
    for line in process.stdout:
        if int(line) >= 60:
            break
    process.send_signal(signal.SIGKILL)
    last = max([60, *(int(line) for line in process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    assert process.stderr
    process.stderr.close()
    scores = read_scores(folder)
    assert scores.problems == ()
    done = scores.sets[0].done("snip", 1)
    assert done == set(range(len(done)))  # no holes
    assert len(done) >= last - 40  # 10 within the interval, 30 for a slow disk
    assert verify(folder).problems == ()


def test_two_runs_at_once_keep_every_score(folder):
    processes = [run(folder, first, 0.005, 0.01, 40) for first in (0, 20)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    scores = read_scores(folder)
    assert len(list(folder.iterdir())) == 2
    assert scores.sets[0].index.tolist() == list(range(60))  # 20 of them scored twice, counted once
    assert scores.sets[0].columns["snip"].value.tolist() == list(range(60))


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_full_disk_keeps_what_was_stored_and_says_so(folder, make, monkeypatch, step):
    def fill_the_disk() -> None:
        with Writer(folder, Provenance()) as writer:
            writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
            writer.flush()
            monkeypatch.setattr(os, step, full)
            writer.add("nb201", "cifar10", C, [make(2, value=2.0)])
            writer.flush()

    with pytest.raises(ZsbenchError, match="No space left") as raised:
        fill_the_disk()
    assert "intact" in raised.value.hint
    assert [path.suffix for path in folder.iterdir()] == [".h5"]
    assert read_scores(folder).sets[0].done("snip", 1) == {1}


@pytest.mark.skipif(os.name != "posix", reason="limits on file size are POSIX")
def test_a_real_limit_on_file_size_keeps_what_was_stored(folder, store, make):
    import resource

    store(make(999, value=1.0))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, 16_000))

    process = run(folder, 0, 0.0, 0.0, 5000, preexec_fn=limit)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.count("ZsbenchError: cannot store") == 1  # leaving the writer adds no second error
    assert "File too large" in errors
    scores = read_scores(folder)
    assert scores.problems == ()
    assert 999 in scores.sets[0].done("snip", 1)
    assert not list(folder.glob("*.tmp"))


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ZsbenchError, match="cannot write to") as raised, Writer(tmp_path / "file" / "s", Provenance()):
        pytest.fail("the run started")
    assert "--results" in raised.value.hint


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(folder):
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    with pytest.raises(ZsbenchError, match="Permission denied"), Writer(folder, Provenance()):
        pytest.fail("the run started")
