"""What is measured of a stack is what is measured of each network alone, and a network's failure stays its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from zsbench import evidence
from zsbench.errors import UnsupportedError
from zsbench.evaluate.network import judge_all
from zsbench.networks.nats import cell_network, thin_cell_network
from zsbench.networks.nats_stack import stack_cell_networks
from zsbench.probes import measure
from zsbench.probes.own_copies import per_input_gradients
from zsbench.probes.stacked import Stack, measure_stack
from zsbench.probes.stacked import measure as stacked
from zsbench.registry import proxies

PROXIES = [proxy for proxy in proxies().values() if not proxy.is_aggregate]
NEEDS = sorted({need for proxy in PROXIES for need in proxy.needs} - {evidence.ThinCodes()}, key=str)
KERNEL, SIGNS, THIN = evidence.SampleKernel(), evidence.SampleSignSums(), evidence.ThinCodes(2, 2, 100)
OTHER_CELLS = {
    "dead": ("nor_conv_3x3", "none", "none", "none", "none", "none"),
    "twice": ("nor_conv_3x3", "nor_conv_3x3", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect"),
}
"""In "twice", three convolutions read the input: one ReLU of the stack stands for three."""
CHANNELS = 4
COMPARED = [proxy for proxy in PROXIES if proxy.name not in {"gradsign", "linear_regions"}]


@pytest.fixture(scope="module")
def subjects(tiny):
    """Return a function that makes a subject of each cell, with weights of its own."""

    def make(dtype, cells=None, batch=16):
        inputs = tiny.make_inputs(batch, dtype=str(dtype).removeprefix("torch."))
        cells = cells or tiny.CELLS | OTHER_CELLS
        return tuple(
            dataclasses.replace(
                tiny.subject(
                    lambda cell=cell: cell_network(cell, tiny.CLASSES, CHANNELS, cells=1),
                    inputs,
                    dtype=dtype,
                    thin=lambda cell=cell: thin_cell_network(cell),
                ),
                identity=name,
            )
            for name, cell in cells.items()
        )

    return make


@pytest.fixture(scope="module", params=[torch.float64, torch.float32], ids=str)
def both(request, subjects):
    """Return all evidence measured at once and one by one, and a tolerance."""
    stack = Stack(subjects(request.param), stack_cell_networks)
    together = stacked.measure_together(NEEDS, stack)
    alone = [measure(NEEDS, subject) for subject in subjects(request.param)]
    return together, alone, 1e-8 if request.param is torch.float64 else 1e-4


def test_only_what_is_known_without_a_batch_is_left_out(both):
    together, alone, tolerance = both
    # The Gaussian pair is drawn in float32: networks of float64 cannot be fed with it, alone or together.
    pair = {evidence.GaussianPair()} if isinstance(alone[0][evidence.GaussianPair()], Exception) else set()
    assert (tolerance < 1e-4) == bool(pair)
    assert set(NEEDS) - set(together) == {evidence.Structure(), evidence.Topology(), evidence.Weights()} | pair


@pytest.mark.parametrize("proxy", COMPARED, ids=lambda proxy: proxy.name)
def test_scores_and_statuses_are_those_of_each_network_alone(both, proxy):
    together, alone, tolerance = both
    if any(need not in together for need in proxy.needs):
        return
    for number, own in enumerate(alone):
        (found,) = judge_all([proxy], {need: together[need][number] for need in proxy.needs}).values()
        (expected,) = judge_all([proxy], own).values()
        assert (found.status, found.reason) == (expected.status, expected.reason)
        allowed = max(tolerance, proxy.rtol) if tolerance == 1e-4 else tolerance
        assert found.value == pytest.approx(expected.value, rel=allowed, nan_ok=True)
        assert found.seconds > 0 or expected.seconds == 0


def test_counted_units_agree_exactly(both):
    together, alone, _ = both
    for number, own in enumerate(alone):
        found, expected = together[evidence.ReluAgreement()][number], own[evidence.ReluAgreement()]
        assert torch.equal(found.value, expected.value)


def test_layers_come_in_the_same_order_and_shape(both):
    together, alone, _ = both
    for need in (evidence.LossGradients(2), evidence.OnesGradients(), evidence.ChannelSaliencies(), SIGNS):
        for number, own in enumerate(alone):
            assert shapes(together[need][number].value) == shapes(own[need].value)


def shapes(value):
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    return [shapes(one) for one in value] if isinstance(value, (list, tuple)) else value


def test_gradients_of_a_large_batch_keep_as_many_digits_as_those_of_one_network(subjects):
    need = evidence.LossGradients()
    # Sixteen of a kind: so many channels that the wider view of few would have to be very wide.
    cells = {str(n): tuple(OTHER_CELLS["twice"]) for n in range(16)}
    exact = [measure([need], one)[need].value[0] for one in subjects(torch.float64, cells, batch=256)]
    few = subjects(torch.float32, cells, batch=256)
    alone = [measure([need], one)[need].value[0] for one in few]
    together = [one.value[0] for one in stacked.measure_together([need], Stack(few, stack_cell_networks))[need]]
    ours, theirs = (
        np.median([_error(*pair) for pair in zip(found, exact, strict=True)]) for found in (together, alone)
    )
    assert ours < 3 * theirs


def _error(found, exact):
    """Return how far the gradients of one network are from float64, relative to their size."""
    off = sum(float(((a - b) ** 2).sum()) for (_, a), (_, b) in zip(found, exact, strict=True))
    return (off / sum(float((b**2).sum()) for _, b in exact)) ** 0.5


def test_signs_agree_wherever_a_gradient_is_more_than_rounding(both, subjects):
    together, alone, tolerance = both
    if tolerance == 1e-4:
        return
    for number, subject in enumerate(subjects(torch.float64)):
        gradients = per_input_gradients(subject.network, *subject.batch(size=subject.conditions.samples))
        pairs = zip(together[SIGNS][number].value, alone[number][SIGNS].value, gradients, strict=True)
        for found, expected, of_inputs in pairs:
            # A shift in front of another BatchNorm has no gradient but rounding, whose sign means nothing.
            resolved = ((of_inputs == 0) | (of_inputs.abs() > 1e-13)).all(dim=0)
            assert torch.equal(found[resolved], expected[resolved])


def test_thin_networks_have_the_same_codes(subjects):
    stack = Stack(subjects(torch.float32), stack_cell_networks)
    for subject, found in zip(stack.subjects, measure_stack([THIN], stack), strict=True):
        for own, expected in zip(found[THIN].value, measure([THIN], subject)[THIN].value, strict=True):
            assert own.shape == expected.shape
            assert len(np.unique(own, axis=0)) == len(np.unique(expected, axis=0))


def test_a_network_without_numbers_leaves_its_neighbours_as_they_are(subjects):
    healthy = subjects(torch.float64)[:3]

    def broken():
        network = healthy[1].build()
        torch.nn.init.constant_(network.stem[0].weight, torch.nan)
        return network

    ill = (healthy[0], dataclasses.replace(healthy[1], build=broken), healthy[2])
    names = {"snip", "fisher", "grasp", "naswot", "synflow", "ntk_cond", "gradsign", "jacob_cov"}
    chosen = [proxy for proxy in PROXIES if proxy.name in names]
    needs = [need for proxy in chosen for need in proxy.needs]
    found, expected = (
        [judge_all(chosen, own) for own in measure_stack(needs, Stack(of, stack_cell_networks))]
        for of in (ill, healthy)
    )
    for number in (0, 2):
        for name in names:
            assert found[number][name].status == expected[number][name].status
            assert found[number][name].value == pytest.approx(expected[number][name].value, rel=1e-10, nan_ok=True)
    assert {found[1][name].status.value for name in ("snip", "grasp", "fisher")} == {"nan"}


def test_what_fails_for_the_stack_is_measured_one_by_one(subjects, monkeypatch):
    def no_memory(*_arguments):
        raise MemoryError

    monkeypatch.setitem(stacked.PROBES, evidence.SampleKernel, no_memory)
    monkeypatch.setattr(stacked, "measure_batch_stacked", no_memory)
    stack = Stack(subjects(torch.float64)[:2], stack_cell_networks)
    needs = [KERNEL, evidence.HessianGradient(), evidence.ReluAgreement()]
    for subject, found in zip(stack.subjects, measure_stack(needs, stack), strict=True):
        expected = measure(needs, subject)
        assert set(needs) <= set(found)
        np.testing.assert_array_equal(found[KERNEL].value, expected[KERNEL].value)
        assert found[needs[1]].value == expected[needs[1]].value


def test_without_labels_only_what_needs_them_is_unsupported(subjects):
    unlabelled = tuple(dataclasses.replace(one, unlabelled="they are outputs") for one in subjects(torch.float64)[:2])
    needs = [evidence.LossGradients(), evidence.ReluAgreement(), SIGNS]
    for found in measure_stack(needs, Stack(unlabelled, stack_cell_networks)):
        assert [isinstance(found[need], UnsupportedError) for need in needs] == [True, False, True]


def test_a_stack_as_wide_as_its_hyper_dual_batch_is_measured_as_such(subjects):
    # 4 N = 16 = 4 C: the kernel of a pooling is no batch of hyper-dual numbers.
    cells = {str(n): ("avg_pool_3x3", "nor_conv_1x1", "none", "avg_pool_3x3", "skip_connect", "none") for n in range(4)}
    need = evidence.HessianGradient()
    stack = Stack(subjects(torch.float32, cells, batch=4), stack_cell_networks)
    found = stacked.measure_together([need], stack)[need]
    for subject, own in zip(stack.subjects, found, strict=True):
        assert own.value == pytest.approx(measure([need], subject)[need].value, rel=1e-4)
