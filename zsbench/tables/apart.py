"""What tells conditions apart, in as few words as will do: `seed 1`, `original`, `noise, batch 32`."""

from __future__ import annotations

from collections.abc import Sequence

from zsbench.conditions import Conditions

_WORDS = {
    "protocol": "{}",
    "input": "{}",
    "seed": "seed {}",
    "batch_size": "batch {}",
    "init": "{} init",
    "repeats": "{} inits",
    "samples": "{} samples",
    "dtype": "{}",
    "batch_norm": "BatchNorm on {}",
    "device": "{}",
    "torch": "torch {}",
    "input_digest": "images {}",
}
"""Field of conditions -> how people say it, the most telling first."""


def apart(conditions: Sequence[Conditions]) -> list[str]:
    """Return for each of several different conditions what tells it from the others; nothing for a single one."""
    fields: list[str] = []
    for field in _WORDS:
        if _kinds(conditions, [*fields, field]) > _kinds(conditions, fields):
            fields.append(field)
    return [", ".join(_WORDS[field].format(getattr(one, field)) for field in fields) for one in conditions]


def _kinds(conditions: Sequence[Conditions], fields: Sequence[str]) -> int:
    return len({tuple(getattr(one, field) for field in fields) for one in conditions})
