"""What a proxy may ask for: each need is a plain value, so that equal needs merge and are measured once.

Importing this module (and any proxy) never imports torch: `zsbench list` must stay instant. How each need is
measured stands in `zsbench.probes`. Shapes use N inputs, K classes, L layers; a *layer* is a convolution or linear
module that was executed in the forward pass, an *input* is (3, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Floats: TypeAlias = "NDArray[np.float64]"
Codes: TypeAlias = "NDArray[np.uint8]"
"""(inputs, bytes): one row of packed on/off codes an input."""
WeightGradients: TypeAlias = "list[tuple[Tensor, Tensor]]"
"""One (weight, gradient) pair a layer, equal shapes; a layer that the loss cannot reach has a zero gradient."""


@dataclass(frozen=True)
class Need:
    """A piece of evidence. `inputs` says what the conditions must provide: `batch`, `sample` or nothing."""

    sees_loose_ends: ClassVar[bool] = False
    """Whether it depends on operations that the output does not: those that read zeros, or that nothing reads."""
    is_drawn: ClassVar[bool] = True
    """Whether it depends on the draw of weights or inputs."""


@dataclass(frozen=True)
class Structure(Need):
    """Static counts of the network (`LayerCounts`); nothing is run."""

    sees_loose_ends: ClassVar[bool] = True
    is_drawn: ClassVar[bool] = False


@dataclass(frozen=True)
class LayerCounts:
    """Scalars in all learnable tensors, and operations for one input (1 multiply-accumulate = 1)."""

    parameters: int
    conv_linear_macs: int
    other_operations: int
    """BatchNorm 2 and ReLU 1 an element, average pooling k*k an output element, global pooling (h+1)(w+1)."""


@dataclass(frozen=True)
class Topology(Need):
    """The chain of cells with skip connections (`list[SkipCell]`), declared by the space; nothing is run."""

    sees_loose_ends: ClassVar[bool] = True
    is_drawn: ClassVar[bool] = False


@dataclass(frozen=True)
class SkipCell:
    """A cell of consecutive layers: input width of each, and the skip channels that arrive after the last."""

    widths: tuple[int, ...]
    skip_channels: int
    possible_skip_channels: int | Fraction


@dataclass(frozen=True)
class Weights(Need):
    """The weight tensors of all layers at initialisation (`list[Tensor]`)."""

    sees_loose_ends: ClassVar[bool] = True


@dataclass(frozen=True)
class LossGradients(Need):
    """Gradients of the mean cross-entropy, one list of (weight, gradient) a batch (`list[WeightGradients]`)."""

    batches: int = 1


@dataclass(frozen=True)
class ChannelSaliencies(Need):
    """Per layer the (N, C_out) sums over positions of output times loss gradient, and the weights a channel has.

    `list[tuple[Tensor, int]]`, outputs taken before any BatchNorm or activation.
    """


@dataclass(frozen=True)
class ReluAgreement(Need):
    """The (N, N) int64 counts of ReLU units whose on/off code agrees between two inputs of the batch."""

    sees_loose_ends: ClassVar[bool] = True


@dataclass(frozen=True)
class InputJacobian(Need):
    """The (N, 3HW) gradient of the sum of all logits of the batch with respect to each input, float64."""


@dataclass(frozen=True)
class HessianGradient(Need):
    """The scalar <W, H g>: g the loss gradient, H the Hessian of the loss over the weights of all layers."""


@dataclass(frozen=True)
class SampleKernel(Need):
    """The (n, n) float64 Gram matrix of the gradients of each input's summed logits, in one train-mode batch.

    Gradients are with respect to every parameter whose name contains "weight"; n = `conditions.samples`.
    """


@dataclass(frozen=True)
class SampleSignSums(Need):
    """Over single-input batches, the sum of the signs of the loss gradient, one integer tensor a parameter."""

    sees_loose_ends: ClassVar[bool] = True  # the shift of a BatchNorm that reads zeros has a gradient


@dataclass(frozen=True)
class OnesGradients(Need):
    """(|weight|, gradient) a layer of the summed outputs for one all-ones input, float64; BatchNorm bypassed or not."""

    batch_norm: bool = False


@dataclass(frozen=True)
class GaussianPair(Need):
    """Feature maps of a Gaussian batch x and of x + alpha e under N(0,1) weights (`PairEvidence`)."""

    sees_loose_ends: ClassVar[bool] = True

    alpha: float = 0.01


@dataclass(frozen=True)
class PairEvidence:
    """Distances of the two feature maps a sample, and each BatchNorm's channel variances."""

    l1: Floats
    """(N,) sum over channels and positions of |f(x) - f(x + alpha e)|."""
    l2: Floats
    """(N,) Euclidean distance of the same."""
    batch_variances: Sequence[Floats]
    """Per BatchNorm in order of execution: (C,) biased variance of its input in the forward pass of x."""
    running_variances: Sequence[Floats]
    """Per BatchNorm: (C,) running variance after both passes, from 1 with momentum 0.1; empty entries if untracked."""


@dataclass(frozen=True)
class ThinCodes(Need):
    """ReLU codes of a one-channel, one-cell-a-stage version of the network on tiny inputs.

    `list[NDArray[uint8]]`, one a repeat, of shape (inputs, packed code bytes): random 3x3 one-channel crops of
    training images, fed in `batches` batches of `size` (BatchNorm couples the inputs of one).
    """

    sees_loose_ends: ClassVar[bool] = True

    repeats: int = 3
    batches: int = 3
    size: int = 1000
