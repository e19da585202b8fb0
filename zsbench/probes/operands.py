"""What a call into torch works on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torch import Tensor


def tensors(arguments: Iterable[object]) -> Iterator[Tensor]:
    """Yield the tensors among arguments, also those in lists."""
    for argument in arguments:
        if isinstance(argument, Tensor):
            yield argument
        elif isinstance(argument, (list, tuple)):
            yield from tensors(argument)


@dataclass(frozen=True)
class BatchNormOperands:
    """The arguments of `functional.batch_norm`, in its order and under its names."""

    input: Tensor
    running_mean: Tensor | None
    running_var: Tensor | None
    weight: Tensor | None = None
    bias: Tensor | None = None
    training: bool = False
    momentum: float = 0.1
    eps: float = 1e-5
