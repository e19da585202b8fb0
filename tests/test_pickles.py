from __future__ import annotations

import collections
import contextlib
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zsbench.errors import ZsbenchError
from zsbench.pickles import load_pickle

ORIGIN = Path("file.pkl")
PLAIN = {"421211": {"val_acc": [82.1, 81.6]}, "x": (1, None, True, b"bytes", {2})}


class Malicious:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_plain_containers_are_read(protocol: int) -> None:
    plain = {key: value for key, value in PLAIN.items() if protocol >= 4 or key != "x"}
    assert load_pickle(pickle.dumps(plain, protocol=protocol), ORIGIN) == plain


def test_a_command_is_refused_by_name_and_not_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    with pytest.raises(ZsbenchError, match=r"file\.pkl is refused: its pickle asks for (posix|nt)\.system"):
        load_pickle(pickle.dumps([Malicious(marker)]), ORIGIN)
    assert not marker.exists()


def test_even_builtins_are_refused() -> None:
    with pytest.raises(ZsbenchError, match=r"builtins\.eval"):
        load_pickle(pickle.dumps(eval), ORIGIN)


def test_allowed_globals_are_what_they_are_mapped_to() -> None:
    content = pickle.dumps(collections.OrderedDict(a=1))
    with pytest.raises(ZsbenchError, match=r"collections\.OrderedDict"):
        load_pickle(content, ORIGIN)
    assert load_pickle(content, ORIGIN, {("collections", "OrderedDict"): dict}) == {"a": 1}


@given(cut=st.integers(0, len(pickle.dumps(PLAIN)) - 1))
def test_a_truncated_pickle_is_an_explained_error(cut: int) -> None:
    with pytest.raises(ZsbenchError, match="is not a whole pickle"):
        load_pickle(pickle.dumps(PLAIN)[:cut], ORIGIN)


@given(st.binary(max_size=80))
def test_arbitrary_bytes_never_raise_anything_unexplained(content: bytes) -> None:
    with contextlib.suppress(ZsbenchError):
        load_pickle(content, ORIGIN)
