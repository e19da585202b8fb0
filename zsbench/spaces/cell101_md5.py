"""MD5 of many messages of equal length at once: hashing 24 million strings one by one takes most of a minute.

After RFC 1321; held against `hashlib` in the tests, and at every use by the digest of all module hashes.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Words: TypeAlias = "NDArray[np.uint32]"

AT_ONCE = 8192
"""Messages worked on at a time: a dozen arrays of so many words stay in the second-level cache."""
_BLOCK = 64
_ROTATIONS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
_WORD = ((1, 0), (5, 1), (3, 5), (7, 0))
"""Round r takes word (a i + b) mod 16 in step i."""
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)


@cache
def _sines() -> list[Any]:
    import numpy as np

    return [np.uint32(int(2**32 * abs(math.sin(step + 1)))) for step in range(64)]


def digests(messages: Bytes) -> Bytes:
    """Return (n, 16) the MD5 digests of (n, length) messages."""
    import numpy as np

    result = np.empty((len(messages), 16), dtype=np.uint8)
    for start in range(0, len(messages), AT_ONCE):
        words = _padded(messages[start : start + AT_ONCE])
        state = np.repeat(np.array(_START, dtype=np.uint32)[:, None], words.shape[1], axis=1)
        for block in range(0, len(words), 16):
            _compress(state, words[block : block + 16])
        result[start : start + AT_ONCE] = state.T.astype("<u4", order="C").view(np.uint8)
    return result


def _padded(messages: Bytes) -> Words:
    """Return (16 x blocks, n) words: each message with the bit 1, zeros, and its length in bits."""
    import numpy as np

    n, length = messages.shape
    padded = np.zeros((n, (length + 8) // _BLOCK * _BLOCK + _BLOCK), dtype=np.uint8)
    padded[:, :length] = messages
    padded[:, length] = 0x80
    words = padded.view("<u4")
    words[:, -2] = 8 * length
    return np.ascontiguousarray(words.T, dtype=np.uint32)


def _compress(state: Words, words: Words) -> None:
    """Add one block of 16 words to (4, n) states, in place."""
    import numpy as np

    a, b, c, d = state.copy()
    mixed, turned = np.empty_like(a), np.empty_like(a)
    sines = _sines()
    for step in range(64):
        number, i = divmod(step, 16)
        factor, offset = _WORD[number]
        _mix(number, b, c, d, mixed)
        mixed += a
        mixed += words[(factor * i + offset) % 16]
        mixed += sines[step]
        shift = _ROTATIONS[number][i % 4]
        np.right_shift(mixed, 32 - shift, out=turned)
        np.left_shift(mixed, shift, out=mixed)
        mixed |= turned
        mixed += b
        a, b, c, d, mixed = d, mixed, b, c, a
    for place, part in enumerate((a, b, c, d)):
        state[place] += part


def _mix(number: int, b: Words, c: Words, d: Words, out: Words) -> None:
    """Write the function of round `number`, of three words, to `out`."""
    import numpy as np

    match number:
        case 0:  # b ? c : d
            np.bitwise_xor(c, d, out=out)
            out &= b
            out ^= d
        case 1:  # d ? b : c
            np.bitwise_xor(b, c, out=out)
            out &= d
            out ^= c
        case 2:
            np.bitwise_xor(b, c, out=out)
            out ^= d
        case _:
            np.invert(d, out=out)
            out |= b
            out ^= c
