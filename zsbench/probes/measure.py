"""From needs to evidence: what can share a pass shares it, the rest is measured one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from torch.nn import functional

from zsbench import evidence
from zsbench.errors import DegenerateError, SingularError, UnsupportedError
from zsbench.evidence import Need
from zsbench.probes.batch_norm import GroupedBatchNorm
from zsbench.probes.batch_pass import SERVED, Stopwatch, Timed, measure_batch, weight_gradients
from zsbench.probes.gaussian_pair import measure_pair
from zsbench.probes.hyper_dual import measure_hessian_gradient
from zsbench.probes.kernel import measure_kernel
from zsbench.probes.ones import measure_ones
from zsbench.probes.own_copies import measure_sign_sums
from zsbench.probes.static import measure_structure, measure_topology, measure_weights
from zsbench.probes.subject import Subject, executed
from zsbench.probes.thin import measure_thin

PROBES: dict[type[Need], Callable[[Any, Subject], Any]] = {
    evidence.Structure: measure_structure,
    evidence.Topology: measure_topology,
    evidence.Weights: measure_weights,
    evidence.SampleKernel: measure_kernel,
    evidence.SampleSignSums: measure_sign_sums,
    evidence.OnesGradients: measure_ones,
    evidence.GaussianPair: measure_pair,
    evidence.ThinCodes: measure_thin,
}

EXPLAINED = (UnsupportedError, DegenerateError, SingularError, RuntimeError, ArithmeticError, ValueError, MemoryError)
"""What a network may raise under measurement; each becomes a status of the proxies concerned."""


ON_GRADIENTS = (evidence.LossGradients, evidence.HessianGradient)
"""Needs that start from the loss gradients of the first batch."""

LABELLED = (*ON_GRADIENTS, evidence.ChannelSaliencies, evidence.SampleSignSums)
"""Needs that are made of the cross-entropy of class labels."""


def measure(needs: Collection[Need], subject: Subject) -> dict[Need, Timed | Exception]:
    """Measure every need; an exception stands in the place of evidence that could not be had."""
    if subject.unlabelled:
        without = UnsupportedError(f"it needs the loss of class labels: {subject.unlabelled}")
        result: dict[Need, Timed | Exception] = dict.fromkeys((n for n in needs if isinstance(n, LABELLED)), without)
        return result | _measure([need for need in needs if need not in result], subject)
    return _measure(needs, subject)


def _measure(needs: Collection[Need], subject: Subject) -> dict[Need, Timed | Exception]:
    shared = {evidence.LossGradients() if isinstance(n, ON_GRADIENTS) else n for n in needs if _shared(n)}
    result = _measure_shared(shared, subject)
    for need in needs:
        if isinstance(need, ON_GRADIENTS):
            result[need] = _further(need, result[evidence.LossGradients()], subject)
        elif not _shared(need):
            result[need] = _alone(lambda need=need: PROBES[type(need)](need, subject))  # type: ignore[misc]
    return result


def _shared(need: Need) -> bool:
    return isinstance(need, (*SERVED, *ON_GRADIENTS))


def _measure_shared(needs: Collection[Need], subject: Subject) -> dict[Need, Timed | Exception]:
    if not needs:
        return {}
    try:
        return measure_batch(needs, subject)
    except EXPLAINED as error:
        if len(needs) == 1:
            return dict.fromkeys(needs, error)
    # One tap's failure must not take its neighbours down: measure each alone.
    alone = [_measure_shared([need], subject) for need in needs]
    return {need: value for result in alone for need, value in result.items()}


def _alone(probe: Callable[[], Any]) -> Timed | Exception:
    watch = Stopwatch()
    try:
        return Timed(probe(), watch.lap())
    except EXPLAINED as error:
        return error


def _further(need: Need, first: Timed | Exception, subject: Subject) -> Timed | Exception:
    """Go on from the gradients of the first batch."""
    if isinstance(first, Exception):
        return first
    rest: Timed | Exception
    if isinstance(need, evidence.LossGradients):
        rest = _alone(lambda: [*first.value, *(_gradients(subject, n) for n in range(1, need.batches))])
    else:
        rest = _alone(lambda: measure_hessian_gradient(subject, first.value[0]))
    return rest if isinstance(rest, Exception) else Timed(rest.value, first.seconds + rest.seconds)


def _gradients(subject: Subject, number: int) -> evidence.WeightGradients:
    images, labels = subject.batch(number)
    losses: list[Any] = []
    network = subject.network
    with GroupedBatchNorm():
        layers = executed(network, lambda: losses.append(functional.cross_entropy(network(images), labels)))
    return weight_gradients(losses.pop(), layers)
