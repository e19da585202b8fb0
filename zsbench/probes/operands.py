"""The tensors that a call into torch works on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import Tensor


def tensors(arguments: Iterable[object]) -> Iterator[Tensor]:
    """Yield the tensors among arguments, also those in lists."""
    for argument in arguments:
        if isinstance(argument, Tensor):
            yield argument
        elif isinstance(argument, (list, tuple)):
            yield from tensors(argument)
