"""Protocol buffer fields: known bytes, every wire type, truncation anywhere."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zsbench.truths.protobuf import fields


def test_every_wire_type_is_read():
    message = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x19" + struct.pack("<d", 0.25) + b"\x25" + struct.pack("<f", 1.5)
    assert list(fields(message)) == [(1, 150), (2, b"abc"), (3, 0.25), (4, 1.5)]
    assert list(fields(b"\xa0\x06\x01")) == [(100, 1)]
    assert list(fields(b"")) == []


@pytest.mark.parametrize("kept", [1, 2, 4, 5, 6, 7, 9, 12])
def test_a_truncated_message_is_refused(kept):
    message = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x25" + struct.pack("<f", 1.5)
    with pytest.raises(ValueError, match="truncated"):
        list(fields(message[:kept]))


@pytest.mark.parametrize("message", [b"\x0b", b"\x0c", b"\x0e"])
def test_an_unknown_wire_type_is_refused(message):
    with pytest.raises(ValueError, match="unknown wire type"):
        list(fields(message))


def test_a_number_without_end_is_refused():
    with pytest.raises(ValueError, match="truncated"):
        list(fields(b"\x08" + b"\xff" * 11))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(message):
    try:
        found = list(fields(message))
    except ValueError:
        return
    assert all(number >= 0 for number, _ in found)
