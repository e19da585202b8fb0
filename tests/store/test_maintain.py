from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance
from zsbench.score import Status
from zsbench.store import Scores, Selection, Writer, merge, read_scores, remove, verify
from zsbench.store import format as format_module
from zsbench.store import maintain as maintain_module
from zsbench.store.format import decode, encode
from zsbench.store.maintain import sizes
from zsbench.store.reader import combine, load_folder
from zsbench.store.union import from_scores

C = Conditions()
Row = tuple[object, ...]


def rows(scores: Scores) -> list[Row]:
    found: list[Row] = []
    for s in scores.sets:
        for proxy, c in s.columns.items():
            values = [v.tobytes() for v in c.value]
            found += [
                (s.name, proxy, c.version, *row)
                for row in zip(s.index, s.arch, values, c.names(), c.seconds.astype(str), c.reason, strict=True)
            ]
    return found


@pytest.fixture
def three_runs(folder: Path, store, make) -> Path:
    store(make(1, "snip", 1.0), make(2, "snip", reason="boom"))
    store(make(2, "snip", 2.0), make(3, "zico", status=Status.NAN))
    store(make(1, "snip", 5.0), conditions=Conditions(seed=1))
    return folder


def test_merging_keeps_every_score_in_one_file(three_runs):
    before = rows(read_scores(three_runs))
    report = merge(three_runs)
    assert (report.files, report.scores, report.kept) == (3, 4, ())
    assert list(three_runs.iterdir()) == [report.path]
    assert rows(read_scores(three_runs)) == before
    assert verify(three_runs).problems == ()


def test_merging_twice_changes_nothing(three_runs):
    first = merge(three_runs)
    assert first.path
    data = first.path.read_bytes()
    second = merge(three_runs)
    assert second.path is None
    assert [path.read_bytes() for path in three_runs.iterdir()] == [data]


def test_a_merged_file_keeps_both_versions_of_a_definition(folder, store, make):
    store(make(1, "snip", 1.0, version=1))
    store(make(1, "snip", 2.0, version=2))
    merge(folder)
    assert read_scores(folder, versions={"snip": 1}).sets[0].columns["snip"].value.tolist() == [1.0]
    assert read_scores(folder, versions={"snip": 2}).sets[0].columns["snip"].value.tolist() == [2.0]


def test_a_merged_file_names_every_run_it_came_from(folder, make):
    for command in ("first", "second"):
        with Writer(folder, Provenance(command=command)) as writer:
            writer.add("nb201", "cifar10", C, [make(1, value=1.0)])
    path = merge(folder).path
    assert path
    assert [p.command for p in decode(path.read_bytes()).provenance] == ["first", "second"]


@pytest.mark.parametrize("crash_at", [0, 1, 2])
def test_a_merge_killed_while_deleting_loses_and_doubles_nothing(three_runs, monkeypatch, crash_at):
    before = rows(read_scores(three_runs))
    discard, calls = maintain_module._discard, iter(range(10))

    def crash(file: object) -> None:
        if next(calls) == crash_at:
            raise KeyboardInterrupt
        discard(file)

    monkeypatch.setattr(maintain_module, "_discard", crash)
    with pytest.raises(KeyboardInterrupt):
        merge(three_runs)
    assert rows(read_scores(three_runs)) == before
    monkeypatch.undo()
    merge(three_runs)
    assert len(list(three_runs.iterdir())) == 1
    assert rows(read_scores(three_runs)) == before


def test_a_merge_killed_between_moving_aside_and_deleting_loses_nothing(three_runs, monkeypatch):
    before = rows(read_scores(three_runs))

    def crash(_: Path, *, missing_ok: bool = False) -> None:
        if not missing_ok:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", crash)
    with pytest.raises(KeyboardInterrupt):
        merge(three_runs)
    monkeypatch.undo()
    assert rows(read_scores(three_runs)) == before


def test_a_full_disk_leaves_every_file_of_a_merge(three_runs, monkeypatch):
    before = sorted(three_runs.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ZsbenchError, match="No space left"):
        merge(three_runs)
    assert sorted(three_runs.iterdir()) == before


def test_what_a_run_writes_while_it_is_merged_is_kept(folder, store, make, monkeypatch):
    store(make(1, value=1.0))
    write = maintain_module.write_whole
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [make(2, value=2.0)])
        writer.flush()

        def meanwhile(path: Path, data: bytes) -> None:
            writer.add("nb201", "cifar10", C, [make(3, value=3.0)])
            writer.flush()  # after the merge has read this run's file, before it removes it
            write(path, data)

        monkeypatch.setattr(maintain_module, "write_whole", meanwhile)
        merge(folder)
    assert read_scores(folder).sets[0].done("snip", 1) == {1, 2, 3}


def test_a_run_goes_on_after_it_was_merged(folder, store, make):
    store(make(1, value=1.0))
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [make(2, value=2.0)])
        writer.flush()
        merge(folder)
        writer.add("nb201", "cifar10", C, [make(3, value=3.0)])
    assert read_scores(folder).sets[0].columns["snip"].value.tolist() == [1.0, 2.0, 3.0]


def test_unreadable_files_are_kept_and_named(three_runs):
    (three_runs / "bad.h5").write_bytes(b"zsbench-scores 1")
    report = merge(three_runs)
    assert [p.path.name for p in report.kept] == ["bad.h5"]
    assert (three_runs / "bad.h5").exists()
    assert len(list(three_runs.iterdir())) == 2


def test_a_file_with_a_part_of_a_newer_version_is_kept_whole(folder, store, make, monkeypatch):
    monkeypatch.setattr(Conditions, "to_json", lambda _: '{"moon_phase": 3}')
    newer = store(make(1, value=1.0))
    monkeypatch.undo()
    store(make(2, value=2.0))
    store(make(3, value=3.0))
    report = merge(folder)
    assert report.files == 2
    assert [p.path for p in report.kept] == [newer]
    assert newer.exists()


def test_files_that_contradict_each_other_are_not_merged(folder, store, make):
    store(make(1, value=1.0, arch="a"))
    store(make(1, value=1.0, arch="b"))
    with pytest.raises(ZsbenchError, match="index 1 is b"):
        merge(folder)
    assert len(list(folder.iterdir())) == 2


def test_only_old_leftovers_of_killed_runs_are_removed(three_runs):
    old, young = three_runs / "run-1.h5.tmp", three_runs / "run-2.h5.tmp"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    assert merge(three_runs).leftovers == 1
    assert not old.exists()
    assert young.exists()


def test_merging_an_empty_or_missing_folder_does_nothing(folder):
    assert merge(folder).path is None
    assert not folder.exists()


def test_verify_passes_what_writers_wrote(three_runs):
    report = verify(three_runs)
    assert (report.files, report.scores, report.problems) == (3, 5, ())


def test_verify_finds_an_altered_byte(folder, store, make):
    path = store(make(1, value=1.0))
    store(make(2, value=2.0))
    data = bytearray(path.read_bytes())
    data[data.index(np.float64(1.0).tobytes(), 512)] ^= 1  # the last bit of a score
    path.write_bytes(bytes(data))
    (problem,) = verify(folder).problems
    assert problem.path == path
    assert "altered" in problem.message


@pytest.mark.parametrize(
    ("field", "bad", "complaint"),
    [
        ("value", np.nan, "ok without a finite value"),
        ("value", np.inf, "ok without a finite value"),
        ("status", 0, "a value beside a status that has none"),
        ("seconds", -1.0, "negative or infinite seconds"),
    ],
)
def test_verify_finds_values_that_contradict_their_status(folder, make, field, bad, complaint):
    stored = from_scores("nb201", "cifar10", C, [make(1, value=1.0), make(2, value=2.0)])
    getattr(stored.columns["snip", 1], field)[0] = bad
    folder.mkdir(parents=True)
    (folder / "run-1.h5").write_bytes(encode([stored], [Provenance()], "now"))
    (problem,) = verify(folder).problems
    assert complaint in problem.message
    assert "snip version 1" in problem.message


def test_verify_finds_columns_of_a_wrong_length(folder, make, monkeypatch):
    stored = from_scores("nb201", "cifar10", C, [make(1, value=1.0), make(2, value=2.0)])
    column = stored.columns["snip", 1]
    object.__setattr__(column, "value", column.value[:1])
    folder.mkdir(parents=True)
    (folder / "run-1.h5").write_bytes(encode([stored], [Provenance()], "now"))
    (problem,) = verify(folder).problems
    assert "snip/score is float64 (1,), not float64 (2,)" in problem.message


def test_verify_finds_a_file_that_follows_no_schema(folder, monkeypatch):
    monkeypatch.setattr(format_module, "_write_set", lambda group, *_: group.attrs.update(x=1))
    folder.mkdir(parents=True)
    stored = from_scores("nb201", "cifar10", C, [])
    (folder / "run-1.h5").write_bytes(encode([stored], [Provenance()], "now"))
    (problem,) = verify(folder).problems
    assert "does not follow schema 1" in problem.message


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (Selection(proxies={"snip"}), 1),
        (Selection(conditions=Conditions(seed=1).id), 3),
        (Selection(space="nb201"), 0),
        (Selection(space="nb101"), 4),
        (Selection(dataset="cifar10", proxies={"zico"}), 3),
    ],
)
def test_removing_takes_exactly_what_is_selected(three_runs, selection, left):
    def count() -> int:
        return sum(int(c.scored.sum()) for s in read_scores(three_runs).sets for c in s.columns.values())

    total = count()
    would = remove(three_runs, selection, dry_run=True)
    assert count() == total
    assert remove(three_runs, selection).scores == would.scores
    assert count() == left
    assert verify(three_runs).problems == ()


def test_what_a_run_writes_while_something_is_removed_is_kept(folder, make, monkeypatch):
    write = maintain_module.write_whole
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [make(1, "snip", 1.0), make(1, "zico", 1.0)])
        writer.flush()

        def meanwhile(path: Path, data: bytes) -> None:
            writer.add("nb201", "cifar10", C, [make(2, "zico", 2.0)])
            writer.flush()
            write(path, data)

        monkeypatch.setattr(maintain_module, "write_whole", meanwhile)
        remove(folder, Selection(proxies={"snip"}))
    assert read_scores(folder).sets[0].done("zico", 1) == {1, 2}


def test_sizes_of_all_sets_add_up_to_the_files(three_runs):
    files, problems = load_folder(three_runs)
    sized = sizes(files, combine(files, problems).sets)
    assert [s.files for s in sized] == sorted([2, 1], reverse=sized[0].files == 2)
    assert abs(sum(s.size for s in sized) - sum(p.stat().st_size for p in three_runs.iterdir())) <= 2
