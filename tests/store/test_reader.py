from __future__ import annotations

import math
import os
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance
from zsbench.score import Score, Status
from zsbench.store import Writer, read_score_file, read_scores
from zsbench.store import format as format_module
from zsbench.store import reader as reader_module
from zsbench.store.format import decode, encode
from zsbench.store.model import value_fits
from zsbench.store.union import from_scores, union

C = Conditions()


def test_a_missing_folder_holds_no_scores(folder):
    assert read_scores(folder).sets == ()


def test_the_union_of_all_files_is_read_in_the_order_of_the_space(folder, store, make):
    store(make(9, "snip", 9.0), make(1, "snip", 1.0))
    store(make(4, "snip", 4.0), make(9, "zico", -9.0))
    (scores,) = read_scores(folder).sets
    assert scores.index.tolist() == [1, 4, 9]
    assert scores.columns["snip"].value.tolist() == [1.0, 4.0, 9.0]
    np.testing.assert_equal(scores.columns["zico"].value, [math.nan, math.nan, -9.0])
    assert scores.columns["zico"].scored.tolist() == [False, False, True]


def test_sets_of_other_conditions_and_datasets_stay_apart(folder, store, make):
    store(make(1, value=1.0))
    store(make(1, value=2.0), conditions=Conditions(seed=1))
    store(make(1, value=3.0), dataset="cifar100")
    scores = read_scores(folder)
    assert sorted(s.columns["snip"].value[0] for s in scores.sets) == [1.0, 2.0, 3.0]
    found = scores.find("nb201", "cifar10", Conditions(seed=1))
    assert found is not None
    assert found.columns["snip"].value[0] == 2.0
    assert [s.dataset for s in read_scores(folder, dataset="cifar100").sets] == ["cifar100"]
    assert read_scores(folder, space="nb101").sets == ()


def test_final_results_are_done_and_mendable_ones_are_not(folder, store, make):
    store(*(make(i, "snip", 1.0 if s is Status.OK else math.nan, s) for i, s in enumerate(Status)))
    (scores,) = read_scores(folder).sets
    done = {list(Status)[i] for i in scores.done("snip", 1)}
    assert done == {Status.OK, Status.DEGENERATE, Status.NAN, Status.INF, Status.UNSUPPORTED}
    assert scores.done("snip", 2) == set()
    assert scores.done("zico", 1) == set()


@pytest.mark.parametrize("newer_first", [False, True])
def test_a_value_wins_over_a_failure_whichever_is_newer(folder, store, make, newer_first):
    first, second = make(1, value=5.0), make(1, status=Status.OOM)
    store(second if newer_first else first)
    store(first if newer_first else second)
    column = read_scores(folder).sets[0].columns["snip"]
    assert column.value.tolist() == [5.0]
    assert column.names().tolist() == ["ok"]


def test_of_equal_results_the_newer_counts(folder, store, make):
    store(make(1, value=5.0), make(2, reason="old"))
    store(make(1, value=6.0), make(2, reason="new"))
    column = read_scores(folder).sets[0].columns["snip"]
    assert column.value[0] == 6.0
    assert column.reason[1] == "new"


def test_scores_of_another_definition_are_stale_never_mixed_in(folder, store, make):
    store(make(1, "snip", 1.0, version=1), make(2, "snip", 2.0, version=1), make(1, "zico", 7.0))
    store(make(1, "snip", 10.0, version=2))
    (scores,) = read_scores(folder, versions={"snip": 2}).sets
    assert scores.columns["snip"].value.tolist() == [10.0]
    assert scores.stale == {"snip": 2}
    assert read_scores(folder, versions={"snip": 1}).stale == {"snip": 1}
    assert read_scores(folder, versions={"snip": 3}).stale == {"snip": 3}
    assert read_scores(folder).stale == {"snip": 2}  # without a say, the newest definition counts


def test_an_index_with_two_archs_is_reported_and_the_older_left_out(folder, store, make):
    store(make(1, "snip", 1.0, arch="old"), make(2, "snip", 2.0))
    store(make(1, "zico", 3.0, arch="new"))
    scores = read_scores(folder)
    assert "index 1 is new" in scores.problems[0].message
    assert scores.sets[0].done("snip", 1) == {2}
    assert scores.sets[0].done("zico", 1) == {1}


def test_a_truncated_file_is_reported_and_the_rest_read(folder, store, make):
    bad = store(make(1, value=1.0))
    store(make(2, value=2.0))
    data = bad.read_bytes()
    for keep in (0, 5, 100, 511, 600, len(data) - 1):
        bad.write_bytes(data[:keep])
        scores = read_scores(folder)
        assert [p.path for p in scores.problems] == [bad]
        assert scores.sets[0].done("snip", 1) == {2}
    assert "truncated" in scores.problems[0].message
    assert scores.problems[0].message.count("sha256") + scores.problems[0].message.count("recorded") == 2


def test_any_altered_byte_is_found(folder, store, make):
    path = store(make(1, value=1.0), make(2, reason="because"))
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    places = {*range(80), 200, 511, 512, len(data) - 1, *rng.integers(0, len(data), 60).tolist()}
    for place in places:
        altered = bytearray(data)
        altered[place] ^= 1
        path.write_bytes(bytes(altered))
        assert len(read_scores(folder).problems) == 1, place


def test_foreign_files_are_reported_by_what_they_are(folder, store, make):
    store(make(1, value=1.0))
    (folder / "text.h5").write_text("hello")
    with h5py.File(folder / "other.h5", "w") as file:
        file["x"] = 1
    (folder / "folder.h5").mkdir()
    messages = {p.path.name: p.message for p in read_scores(folder).problems}
    assert "not a score file" in messages["text.h5"]
    assert "HDF5 file that zsbench did not write" in messages["other.h5"]
    assert "Is a directory" in messages["folder.h5"]


def test_a_newer_schema_says_which_version_reads_it(folder, store, make, monkeypatch):
    monkeypatch.setattr(format_module, "SCHEMA", 2)
    monkeypatch.setattr(format_module, "__version__", "9.8.7")
    store(make(1, value=1.0))
    monkeypatch.undo()
    (problem,) = read_scores(folder).problems
    assert "schema 2" in problem.message
    assert "zsbench 9.8.7 or newer reads it" in problem.message


def test_conditions_of_a_newer_version_are_reported_and_other_sets_read(folder, store, make, monkeypatch):
    monkeypatch.setattr(Conditions, "to_json", lambda _: '{"protocol": "unified", "moon_phase": 3}')
    store(make(1, value=1.0))
    monkeypatch.undo()
    store(make(2, value=2.0))
    scores = read_scores(folder)
    assert "moon_phase" in scores.problems[0].message
    assert scores.sets[0].done("snip", 1) == {2}


def test_a_status_of_a_newer_version_is_reported(make, monkeypatch):
    stored = from_scores("nb201", "cifar10", C, [make(1, value=1.0)])
    data = encode([stored], [Provenance()], "now")
    monkeypatch.setattr(format_module, "CODES", {s: c for s, c in format_module.CODES.items() if s is not Status.OK})
    assert "statuses that this version does not know" in decode(data).problems[0]


def test_half_written_files_are_ignored(folder, store, make):
    store(make(1, value=1.0))
    (folder / "run-x.h5.tmp").write_bytes(b"half")
    assert read_scores(folder).problems == ()


def test_a_file_that_a_merge_takes_away_while_reading_is_looked_for_again(folder, store, make, monkeypatch):
    first = store(make(1, value=1.0))
    listed = reader_module.score_files

    def vanish(path: Path) -> list[Path]:
        files = listed(path)
        first.unlink(missing_ok=True)
        if not list(folder.glob("merged-*")):
            store(make(1, value=1.0)).rename(folder / "merged-1.h5")
        return files

    monkeypatch.setattr(reader_module, "score_files", vanish)
    scores = read_scores(folder)
    assert scores.problems == ()
    assert scores.sets[0].done("snip", 1) == {1}


def test_hdf5_tools_open_the_file(store, make):
    path = store(make(1, "snip", 1.5), make(2, "snip", reason="because"))
    with h5py.File(path) as file:
        group = file[f"nb201/cifar10/{C.id}"]
        assert group["arch"].asstr()[:].tolist() == ["arch-1", "arch-2"]
        assert group["proxies/snip/1/score"][0] == 1.5
        assert file.attrs["schema"] == 1
        assert "zsbench score" in file.attrs["provenance"]


def test_one_file_can_be_read_by_itself(tmp_path, store, make):
    path = store(make(1, value=1.0))
    assert read_score_file(path).sets[0].done("snip", 1) == {1}
    with pytest.raises(ZsbenchError, match="no such file"):
        read_score_file(tmp_path / "none.h5")
    path.write_bytes(b"")
    with pytest.raises(ZsbenchError, match="empty file"):
        read_score_file(path)


@pytest.mark.skipif(os.name != "posix", reason="counts descriptors in /proc or /dev/fd")
def test_reading_leaves_no_file_open(folder, store, make):
    store(make(1, value=1.0))
    read_scores(folder)
    before = len(os.listdir("/dev/fd"))
    read_scores(folder)
    assert len(os.listdir("/dev/fd")) == before


values = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308])
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@st.composite
def any_scores(draw: st.DrawFn) -> list[Score]:
    archs = draw(st.dictionaries(st.integers(0, 2**40), texts.filter(bool), min_size=1, max_size=6))
    found = []
    for index, arch in archs.items():
        for proxy in draw(st.sets(st.sampled_from(["snip", "zico", "naïf"]), min_size=1)):
            status = draw(st.sampled_from(list(Status)))
            may = status in (Status.OK, Status.DEGENERATE)
            value = draw(values) if status is Status.OK or (may and draw(st.booleans())) else math.nan
            seconds = draw(st.floats(0, 1e6))
            found.append(Score(index, arch, proxy, draw(st.integers(1, 3)), value, status, seconds, draw(texts)))
    return found


def as_rows(scores: list[Score]) -> set[tuple[object, ...]]:
    return {
        (s.index, s.arch, s.proxy, s.version, np.float64(s.value).tobytes(), s.status, s.seconds, s.reason)
        for s in scores
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_scores(), st.booleans())
def test_every_score_comes_back_bit_for_bit(scores, compress):
    stored = from_scores("nb201", "cifar10", C, scores)
    (back,) = decode(encode([stored], [Provenance()], "now", compress=compress)).sets
    assert back.conditions == C
    found = []
    for (proxy, version), column in back.columns.items():
        for i in np.flatnonzero(column.scored):
            status = Status(column.names()[i])
            found.append(
                Score(
                    int(back.index[i]), back.arch[i], proxy, version, float(column.value[i]), status,
                    float(column.seconds[i]), column.reason[i],
                )
            )  # fmt: skip
    assert as_rows(found) == as_rows(scores)
    assert all(value_fits(s.status, s.value) for s in found)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(list(Status))), max_size=6), min_size=1, max_size=5)
)
def test_the_union_equals_a_slow_obvious_one(runs):
    def rank(status: Status) -> int:
        return 3 if status in (Status.OK, Status.DEGENERATE) else 1 if status in (Status.FAILED, Status.OOM) else 2

    expected: dict[int, tuple[Status, float]] = {}
    pieces = []
    for number, run in enumerate(runs):
        latest = dict(run)  # within a run the later one counts
        scores = [
            Score(i, f"a{i}", "snip", 1, 1.0 if s is Status.OK else math.nan, s, float(number))
            for i, s in latest.items()
        ]
        pieces.append(from_scores("nb201", "cifar10", C, scores))
        for i, s in latest.items():
            if i not in expected or rank(s) >= rank(expected[i][0]):
                expected[i] = (s, float(number))
    merged, conflicts = union(pieces)
    assert conflicts == []
    assert merged.index.tolist() == sorted(expected)
    if expected:
        column = merged.columns["snip", 1]
        found = zip(column.names(), column.seconds.tolist(), strict=True)
        assert [(Status(s), n) for s, n in found] == [expected[i] for i in sorted(expected)]


def test_opening_the_whole_space_with_thirty_proxies_is_quick(folder):
    n = 15_625
    rng = np.random.default_rng(0)
    scores = [
        from_scores("nb201", "cifar10", C, [Score(i, f"|op{i:090d}|", "p", 1, 1.0, Status.OK, 0.1) for i in range(n)])
    ]
    (column,) = scores[0].columns.values()
    columns = {
        (f"p{k}", 1): type(column)(1, rng.normal(size=n), column.status, column.seconds, column.reason)
        for k in range(30)
    }
    full = type(scores[0])("nb201", "cifar10", C, scores[0].index, scores[0].arch, columns)
    folder.mkdir(parents=True)
    (folder / "run-1.h5").write_bytes(encode([full], [Provenance()], "now"))
    read_scores(folder)
    spent = min(_cpu_seconds_of_reading(folder) for _ in range(3))
    assert spent < 0.2


def _cpu_seconds_of_reading(folder: Path) -> float:
    start = time.process_time()
    assert len(read_scores(folder).sets[0].columns) == 30
    return time.process_time() - start


def test_provenance_of_many_runs_fits(make):
    many = [Provenance(command="x" * 1000, started=str(i)) for i in range(200)]
    stored = from_scores("nb201", "cifar10", C, [make(1, value=1.0)])
    assert decode(encode([stored], many, "now")).provenance == tuple(many)


def test_a_second_writer_adds_to_what_is_there(folder, store, make):
    store(make(1, value=1.0))
    with Writer(folder, Provenance()) as writer:
        writer.add("nb201", "cifar10", C, [make(2, value=2.0)])
    assert read_scores(folder).sets[0].done("snip", 1) == {1, 2}
