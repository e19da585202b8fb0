"""Protocol buffer messages, field by field: enough to read those of NAS-Bench-101 without their package."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5


def fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield (field number, value) in order: varints as integers, 64 and 32 bits as floats, the rest as bytes.

    Raise `ValueError` for a message that is truncated or of another kind.
    """
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in {_DOUBLE, _FLOAT}:
            length = 8 if kind == _DOUBLE else 4
        else:
            raise ValueError(f"protocol buffer field {number} has the unknown wire type {kind}")
        piece = message[place : place + length]
        if len(piece) < length:
            raise ValueError(f"protocol buffer field {number} is truncated")
        place += length
        yield number, piece if kind == _BYTES else struct.unpack("<d" if kind == _DOUBLE else "<f", piece)[0]


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while place < len(message) and shift < 70:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("a protocol buffer number is truncated")
