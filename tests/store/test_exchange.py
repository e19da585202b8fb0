from __future__ import annotations

import math

import pandas as pd
import pytest

from zsbench.conditions import Conditions
from zsbench.errors import UsageError, ZsbenchError
from zsbench.provenance import Provenance
from zsbench.score import Status
from zsbench.store import read_scores, verify
from zsbench.store.exchange import COLUMNS, export_frame, export_wide, import_frame
from zsbench.store.tabular import Kind, kind_of, read_frame, to_bytes

C = Conditions()


@pytest.fixture
def scores(folder, store, make):
    store(
        make(1, "snip", 0.1 + 0.2),
        make(2, "snip", status=Status.INF, reason="a, \"b\"\n'c'"),
        make(1, "zico", 5e-324, version=3),
        make(3, "zico", -0.0, Status.DEGENERATE, arch="NA", version=3),
    )
    store(make(1, "snip", 1e308), conditions=Conditions(seed=1))
    return read_scores(folder)


def test_the_long_form_has_the_public_columns_and_one_row_a_score(scores):
    frame = export_frame(scores)
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 5
    row = frame[(frame["proxy"] == "snip") & (frame["index"] == 2)].iloc[0]
    assert (row["status"], row["arch"], row["conditions"]) == ("inf", "arch-2", C.id)
    assert math.isnan(row["score"])


def test_the_wide_form_has_one_column_a_proxy(scores):
    frame = export_wide(scores)
    assert list(frame.columns) == ["space", "dataset", "index", "arch", "conditions", "snip", "zico"]
    first = frame[frame["conditions"] == C.id]
    assert first["index"].tolist() == [1, 2, 3]
    assert first["zico"].isna().tolist() == [False, True, False]


def test_nothing_exports_as_an_empty_frame_with_the_columns(folder):
    assert list(export_frame(read_scores(folder)).columns) == list(COLUMNS)
    assert export_wide(read_scores(folder)).empty


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz", "s.tsv", "s.json", "s.parquet"])
def test_a_portable_export_imports_elsewhere_bit_for_bit(tmp_path, scores, name):
    frame = export_frame(scores, portable=True)
    path = tmp_path / name
    if name.endswith(".gz"):
        frame.to_csv(path, index=False)
    else:
        path.write_bytes(to_bytes(frame, kind_of(path)))
    elsewhere = tmp_path / "elsewhere"
    report = import_frame(elsewhere, read_frame(path), Provenance(), known={}, versions={})
    assert (report.scores, report.proxies, report.assumed_version) == (5, ("snip", "zico"), False)
    pd.testing.assert_frame_equal(export_frame(read_scores(elsewhere), portable=True), frame, check_exact=True)
    assert verify(elsewhere).problems == ()


def test_the_plain_form_imports_where_its_conditions_are_known(tmp_path, scores):
    frame = export_frame(scores)
    known = {s.conditions.id: s.conditions for s in scores.sets}
    elsewhere = tmp_path / "elsewhere"
    report = import_frame(elsewhere, frame, Provenance(), known=known, versions={"snip": 4})
    assert report.assumed_version
    back = read_scores(elsewhere)
    pd.testing.assert_frame_equal(export_frame(back), frame, check_exact=True)
    assert {p: c.version for s in back.sets for p, c in s.columns.items()} == {"snip": 4, "zico": 1}


def test_importing_what_is_stored_counts_nothing_twice(folder, scores):
    frame = export_frame(scores, portable=True)
    import_frame(folder, frame, Provenance(), known={}, versions={})
    pd.testing.assert_frame_equal(export_frame(read_scores(folder), portable=True), frame, check_exact=True)


def test_unknown_conditions_say_how_to_bring_them(folder, scores):
    frame = export_frame(scores)
    with pytest.raises(ZsbenchError, match="not known here") as raised:
        import_frame(folder, frame, Provenance(), known={}, versions={})
    assert "--portable" in raised.value.hint


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("index", -1, "index is not a whole number"),
        ("index", 1.5, "index is not a whole number"),
        ("index", "one", "index is not a number"),
        ("score", "high", "score is not a number"),
        ("score", math.inf, "contradict"),
        ("score", math.nan, "contradict"),
        ("status", "nan", "contradict"),
        ("status", "fine", "status is none of ok"),
        ("seconds", -1.0, "seconds are negative"),
        ("proxy", "a/b", "proxy is not a name"),
        ("space", "", "space is not a name"),
        ("arch", "", "arch is empty"),
        ("version", 0, "version is not a whole number"),
    ],
)
def test_a_bad_value_names_its_row_and_nothing_is_stored(tmp_path, scores, column, value, complaint):
    frame = export_frame(scores, portable=True)
    place = int(frame.index[frame["status"] == "ok"][1])
    frame = frame.astype({column: object})
    frame.loc[place, column] = value
    with pytest.raises(ZsbenchError, match=complaint) as raised:
        import_frame(tmp_path / "elsewhere", frame, Provenance(), known={}, versions={})
    assert f"row {place + 1}:" in raised.value.message
    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_column_an_empty_frame_and_doubled_rows_are_refused(folder, scores):
    frame = export_frame(scores, portable=True)
    for bad, complaint in (
        (frame.drop(columns=["arch", "score"]), "no column arch, score"),
        (frame.iloc[:0], "no rows"),
        (pd.concat([frame, frame.iloc[:1]]), "row 6: the same network and proxy"),
        (pd.concat([frame, frame.iloc[:1].assign(proxy="other", arch="other")]), "another arch"),
    ):
        with pytest.raises(ZsbenchError, match=complaint):
            import_frame(folder, bad, Provenance(), known={}, versions={})


def test_a_file_name_must_say_its_format(tmp_path):
    with pytest.raises(UsageError, match="says no format"):
        kind_of(tmp_path / "scores")
    assert kind_of(tmp_path / "a.b.CSV") is Kind.CSV


def test_unreadable_files_are_explained(tmp_path):
    with pytest.raises(ZsbenchError, match="no such file"):
        read_frame(tmp_path / "none.csv")
    for name in ("bad.parquet", "bad.json", "bad.csv"):
        (tmp_path / name).write_bytes(b'"\xff\xfe')
        with pytest.raises(ZsbenchError, match="cannot read"):
            read_frame(tmp_path / name)
