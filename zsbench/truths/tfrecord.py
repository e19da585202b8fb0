"""TFRecord files, read without TensorFlow: length, checksum, data, checksum, over and over.

The length is a little-endian 64-bit number; a checksum is the CRC-32C of what stands before it, rotated right by 15
bits, plus a constant (tensorflow/core/lib/io/record_writer.cc).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import google_crc32c

from zsbench.errors import ZsbenchError
from zsbench.truths.looks import looks_like

_AGAIN = "fetch the file again"


def masked_crc(data: bytes) -> int:
    """Return the checksum of some data as TFRecord files have it."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (bytes read so far, data) of every record, one at a time.

    Raise `ZsbenchError` that names the record and its place if the file is truncated or damaged, or none of this kind.
    """
    try:
        with path.open("rb") as file:
            start = number = 0
            while header := file.read(12):
                number += 1
                length = _length(header, path, number, start)
                rest = file.read(length + 4)
                if len(rest) < length + 4:
                    raise ZsbenchError(f"{path} is truncated: it ends within record {number:,}", _AGAIN)
                data = rest[:length]
                if masked_crc(data) != int.from_bytes(rest[length:], "little"):
                    raise _damaged(path, number, start)
                start += 16 + length
                yield start, data
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {error.strerror or error}") from error


def _length(header: bytes, path: Path, number: int, start: int) -> int:
    if number == 1 and (len(header) < 12 or masked_crc(header[:8]) != int.from_bytes(header[8:], "little")):
        raise ZsbenchError(
            f"{path} is no TFRecord file, or damaged at its start: it looks like {looks_like(path)}", _AGAIN
        )
    if len(header) < 12:
        raise ZsbenchError(f"{path} is truncated: it ends within record {number:,}", _AGAIN)
    length, crc = struct.unpack("<QI", header)
    if masked_crc(header[:8]) != crc:
        raise _damaged(path, number, start)
    return int(length)


def _damaged(path: Path, number: int, start: int) -> ZsbenchError:
    return ZsbenchError(f"{path} is damaged: the checksum of record {number:,}, at byte {start:,}, is wrong", _AGAIN)
