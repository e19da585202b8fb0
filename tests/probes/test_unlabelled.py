"""Networks whose outputs are no class scores: what stays measurable, and what says why it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from zsbench import evidence
from zsbench.errors import UnsupportedError
from zsbench.probes import measure
from zsbench.probes.measure import LABELLED


class Dense(nn.Module):
    """A convolution, then a transposed one that doubles the resolution to (N, 2, 16, 16)."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.up = nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.up(self.down(x))


NEEDS = [
    evidence.LossGradients(),
    evidence.LossGradients(batches=2),
    evidence.HessianGradient(),
    evidence.ChannelSaliencies(),
    evidence.SampleSignSums(),
    evidence.ReluAgreement(),
    evidence.InputJacobian(),
    evidence.Weights(),
    evidence.OnesGradients(),
    evidence.SampleKernel(),
]


def test_without_labels_only_the_needs_of_a_loss_are_unsupported_and_say_why(tiny):
    unlabelled = replace(tiny.subject(Dense), unlabelled="every pixel is to be classified")
    found = measure(NEEDS, unlabelled)
    for need in NEEDS:
        if isinstance(need, LABELLED):
            assert isinstance(found[need], UnsupportedError)
            assert str(found[need]) == "it needs the loss of class labels: every pixel is to be classified"
        else:
            assert not isinstance(found[need], Exception), found[need]


def test_nothing_else_changes_without_labels(tiny):
    plain = tiny.subject(tiny.Chain)
    need = evidence.InputJacobian()
    np.testing.assert_array_equal(
        tiny.evidence(need, plain), tiny.evidence(need, replace(plain, unlabelled="for a reason"))
    )


def test_all_outputs_of_an_input_count_as_its_logits(tiny):
    class Flat(Dense):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x).flatten(1)

    need = evidence.SampleKernel()
    dense, flat = (tiny.evidence(need, tiny.subject(kind)) for kind in (Dense, Flat))
    np.testing.assert_allclose(dense, flat, rtol=1e-10)


def test_a_transposed_convolution_multiplies_every_input_with_every_weight(tiny):
    counts = tiny.evidence(evidence.Structure(), tiny.subject(Dense))
    assert counts.conv_linear_macs == 8 * 8 * (3 * 4 * 9) + 8 * 8 * (4 * 2 * 9)
    assert counts.parameters == 3 * 4 * 9 + 4 + 8 + 4 * 2 * 9 + 2


def test_flow_does_not_pass_tanh(tiny):
    def build() -> nn.Module:
        return nn.Sequential(Dense(), nn.Tanh())

    with pytest.raises(UnsupportedError, match="tanh saturates"):
        tiny.evidence(evidence.OnesGradients(), tiny.subject(build))
