"""TFRecord framing: known bytes, and every kind of damage named with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zsbench.errors import ZsbenchError
from zsbench.truths.tfrecord import masked_crc, records

HELLO = bytes.fromhex("0500000000000000eab2043e68656c6c6fbb1f1c19")


def test_the_checksum_is_the_known_one(nb101_file):
    assert masked_crc(b"123456789") == 0xC78AB0E5
    assert nb101_file.crc32c(b"123456789") == 0xE3069283
    assert nb101_file.framed(b"hello") == HELLO


@given(data=st.binary(max_size=50))
def test_the_checksum_is_that_computed_bit_by_bit(nb101_file, data):
    assert masked_crc(data) == int.from_bytes(nb101_file.masked(data), "little")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.tfrecord"


def test_records_come_one_by_one_with_the_bytes_read(nb101_file, path):
    path.write_bytes(HELLO + nb101_file.framed(b"") + nb101_file.framed(b"x" * 1000))
    assert list(records(path)) == [(21, b"hello"), (37, b""), (1053, b"x" * 1000)]


def test_an_empty_file_has_no_records(path):
    path.write_bytes(b"")
    assert list(records(path)) == []


def test_what_comes_before_the_damage_is_given(path):
    path.write_bytes(HELLO + HELLO[:-1])
    reading = records(path)
    assert next(reading) == (21, b"hello")
    with pytest.raises(ZsbenchError, match="ends within record 2"):
        next(reading)


@pytest.mark.parametrize("kept", range(22, 42))
def test_a_truncated_file_is_said_to_be_so(path, kept):
    path.write_bytes((HELLO * 2)[:kept])
    with pytest.raises(ZsbenchError, match=r"x\.tfrecord is truncated: it ends within record 2") as caught:
        list(records(path))
    assert caught.value.hint == "fetch the file again"


@pytest.mark.parametrize("place", range(21, 42))
def test_a_flipped_bit_anywhere_is_found(path, place):
    content = bytearray(HELLO * 2)
    content[place] ^= 4
    path.write_bytes(content)
    with pytest.raises(ZsbenchError, match="the checksum of record 2, at byte 21, is wrong"):
        list(records(path))


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b'{"a": 1}' * 9, "JSON"),
        (b"PK\x03\x04 and so on, and on", "a damaged zip archive"),
        (b"short", "text"),
        (b"\0" * 12, "binary data"),
        (b"<!doctype html><title>Not here</title>", "an HTML page"),
    ],
)
def test_another_kind_of_file_is_named(path, content, looks):
    path.write_bytes(content)
    with pytest.raises(ZsbenchError, match=f"is no TFRecord file, or damaged at its start: it looks like {looks}"):
        list(records(path))


def test_a_file_that_cannot_be_read_is_an_explained_error(tmp_path):
    with pytest.raises(ZsbenchError, match="cannot read"):
        list(records(tmp_path))
