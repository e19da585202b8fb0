"""The file of a baseline: round trip, summary, and what is not one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from making import HERE, baseline_of, stored

from zsbench.checks import Facts, read_baseline, write_baseline
from zsbench.checks.summary import summary
from zsbench.errors import ZsbenchError
from zsbench.provenance import now
from zsbench.store import read_score_file
from zsbench.store.format import encode

VALUES = {"snip": np.array([[1.0, 2.0, np.nan, 4.0, 5.0], [1.5, 2.0, 3.0, 5.0, 4.0]])}


@pytest.fixture
def baseline():
    return baseline_of(VALUES, [60.0, 61.0, 62.0, 63.0, 64.0])


def test_what_is_written_is_read(baseline, tmp_path):
    path = tmp_path / "b.h5"
    write_baseline(path, baseline)
    found = read_baseline(path)
    assert found.facts == baseline.facts
    assert found.provenance == baseline.provenance
    assert [one.conditions for one in found.sets] == [one.conditions for one in baseline.sets]
    for then, now_ in zip(baseline.sets, found.sets, strict=True):
        assert np.array_equal(then.columns["snip", 1].value, now_.columns["snip", 1].value, equal_nan=True)
    assert found.truth.tolist() == [60, 61, 62, 63, 64]


def test_a_baseline_is_a_score_file_too(baseline, tmp_path):
    write_baseline(tmp_path / "b.h5", baseline)
    assert len(read_score_file(tmp_path / "b.h5").sets) == 2


def test_a_large_note_fits(tmp_path):
    many = {"p": np.zeros((1, 5000))}
    write_baseline(tmp_path / "b.h5", baseline_of(many, list(np.linspace(1, 99, 5000))))
    assert len(read_baseline(tmp_path / "b.h5").truth) == 5000


def written(tmp_path, note, sets=None):
    path = tmp_path / "b.h5"
    path.write_bytes(encode(sets or stored(VALUES), [HERE], now(), note=note))
    return path


def test_scores_without_a_note_are_no_baseline(tmp_path):
    with pytest.raises(ZsbenchError, match="scores, but no baseline") as found:
        read_baseline(written(tmp_path, ""))
    assert "--record" in found.value.hint


def test_a_newer_schema_says_who_reads_it(tmp_path):
    note = json.dumps(json.loads(Facts({}).to_json()) | {"baseline": 99, "zsbench": "7.0"})
    with pytest.raises(ZsbenchError, match="baseline schema 99") as found:
        read_baseline(written(tmp_path, note))
    assert "zsbench 7.0 or newer" in found.value.hint


@pytest.mark.parametrize("note", ["{", "[]", '{"baseline": 1}', '{"baseline": "x"}'])
def test_another_note_is_refused(note, tmp_path):
    with pytest.raises(ZsbenchError, match="not the note of a baseline"):
        read_baseline(written(tmp_path, note))


def test_scores_of_two_datasets_are_no_baseline(tmp_path):
    with pytest.raises(ZsbenchError, match="a baseline is of one"):
        read_baseline(written(tmp_path, Facts({}).to_json(), [*stored(VALUES), *stored(VALUES, space="other")]))


def test_a_missing_or_torn_file_is_explained(baseline, tmp_path):
    path = tmp_path / "b.h5"
    with pytest.raises(ZsbenchError, match="no such file"):
        read_baseline(path)
    write_baseline(path, baseline)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ZsbenchError, match="truncated"):
        read_baseline(path)


def test_the_summary_has_a_line_a_proxy_and_a_line_a_network(baseline):
    text = summary(baseline)
    assert "seeds: 0, 1" in text
    assert "truth: test, made up" in text
    (line,) = [line.split() for line in text.splitlines() if line.startswith("snip")]
    # Of networks 0, 1, 3 and 4, both seeds order all but the last two alike: 4 of 6 pairs more than not.
    assert line == ["snip", "1", "high", "3", "0.667", "0.833", "ok", "9,", "nan", "1"]
    networks = text.splitlines()[text.splitlines().index("scores under seed 0") + 1 :]
    assert networks[0].split() == ["network", "truth", "snip"]
    assert networks[3].split() == ["2", "62.00", "-"]
    assert len(networks) == 6
