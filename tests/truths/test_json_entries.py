from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zsbench.errors import ZsbenchError
from zsbench.truths import json_entries
from zsbench.truths.json_entries import entries

PATH = Path("given.json")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def read(text: str) -> list[Any]:
    return list(entries(io.StringIO(text), PATH))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_entries, "_CHUNK", 3)


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1]))
def test_a_list_comes_back_entry_by_entry(values: list[Any], indent: int | None) -> None:
    assert read(json.dumps(values, indent=indent)) == values


@given(st.dictionaries(st.text(max_size=3), st.lists(VALUES, max_size=3), max_size=3))
def test_lists_of_an_object_follow_one_another(values: dict[str, list[Any]]) -> None:
    assert read(json.dumps(values)) == [value for one in values.values() for value in one]


def test_nan_and_infinity_are_read() -> None:
    nan, infinity = read("[NaN, -Infinity]")
    assert math.isnan(nan)
    assert infinity == -math.inf


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.data())
def test_every_truncation_is_noticed(values: list[int], data: st.DataObject) -> None:
    text = json.dumps([{"number": value} for value in values])
    keep = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ZsbenchError, match="truncated or no JSON list of entries"):
        read(text[:keep])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text ends early, at character 1\n"),
        ("7", "'7' instead of '\\['"),
        ('{"a": 7}', "'7' instead of '\\[', at character 7"),
        ("[1 2]", "'2' instead of '\\]', at character 4"),
        ("[1] [2]", "more text after the last entry, at character 5"),
        ("[}]", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_another_shape_is_refused_where_it_begins(text: str, message: str) -> None:
    with pytest.raises(ZsbenchError, match=message):
        read(text)


def test_bytes_that_are_no_text_are_an_explained_error() -> None:
    with pytest.raises(ZsbenchError, match="bytes that are no UTF-8"):
        list(entries(io.TextIOWrapper(io.BytesIO(b'["\xff"]'), encoding="utf-8"), PATH))


def test_an_entry_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_entries, "LARGEST", 100)
    with pytest.raises(ZsbenchError, match="an entry that goes on for"):
        read('["' + "x" * 10_000)
