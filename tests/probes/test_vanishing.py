"""A gradient that is zero but for rounding is told from one that is small."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zsbench import evidence
from zsbench.errors import DegenerateError
from zsbench.probes import measure
from zsbench.probes.vanishing import cancels


class EndsWithBatchNorm(nn.Module):
    """Pooled BatchNorm and a linear head: the batch's logits sum to N times the biases, whatever the images."""

    def __init__(self, scale: float = 1.0, *, relu: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.after = nn.ReLU() if relu else nn.Identity()
        self.classifier = nn.Linear(4, 3)
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * self.classifier(self.after(self.body(x)).mean(dim=(2, 3)))


JACOBIAN = evidence.InputJacobian()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_constant_sum_has_no_input_jacobian(tiny, dtype, scale):
    with pytest.raises(DegenerateError, match="do not depend on its images"):
        tiny.evidence(JACOBIAN, tiny.subject(lambda: EndsWithBatchNorm(scale), dtype=dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_sum_that_depends_on_the_images_has_one_at_any_scale(tiny, dtype, scale):
    found = tiny.evidence(JACOBIAN, tiny.subject(lambda: EndsWithBatchNorm(scale, relu=True), dtype=dtype))
    assert abs(found).max() > 0


def test_its_neighbours_in_the_pass_are_untouched(tiny):
    needs = [JACOBIAN, evidence.LossGradients()]
    found = measure(needs, tiny.subject(EndsWithBatchNorm))
    alone = measure(needs[1:], tiny.subject(EndsWithBatchNorm))
    assert isinstance(found[JACOBIAN], DegenerateError)
    for (_, one), (_, other) in zip(found[needs[1]].value[0], alone[needs[1]].value[0], strict=True):
        assert torch.equal(one, other)


def test_a_small_but_proper_gradient_is_kept(tiny):
    subject = tiny.subject(tiny.Chain)
    images = subject.batch()[0].requires_grad_()
    outputs = subject.network(images)
    (jacobian,) = torch.autograd.grad(outputs.sum(), images)
    assert not cancels(jacobian, outputs, subject)
    assert not cancels(jacobian * 1e-4, outputs, subject)  # suspicious, but far above rounding
    assert cancels(jacobian * 1e-15, outputs, subject)
