"""From needs to the evidence of every network of a stack; what the stack can't give is measured one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from zsbench import evidence
from zsbench.evidence import Need
from zsbench.probes.batch_norm import GroupedBatchNorm
from zsbench.probes.batch_pass import SERVED, Stopwatch, Timed
from zsbench.probes.measure import EXPLAINED, LABELLED, ON_GRADIENTS, measure
from zsbench.probes.stacked.alone import (
    measure_kernels,
    measure_ones_stacked,
    measure_pairs,
    measure_sign_sums_stacked,
    measure_thin_stacked,
)
from zsbench.probes.stacked.batch import (
    BatchPass,
    Found,
    measure_batch_stacked,
    split_gradients,
    stack_gradients,
)
from zsbench.probes.stacked.hessian import measure_hessian_gradients
from zsbench.probes.stacked.stack import Stack

PROBES: dict[type[Need], Callable[[Any, Stack], list[Any]]] = {
    evidence.SampleKernel: measure_kernels,
    evidence.SampleSignSums: measure_sign_sums_stacked,
    evidence.OnesGradients: measure_ones_stacked,
    evidence.GaussianPair: measure_pairs,
    evidence.ThinCodes: measure_thin_stacked,
}
STATIC = (evidence.Structure, evidence.Topology, evidence.Weights)
"""What is known of a network without feeding it a batch: found where the network was drawn."""


def measure_stack(needs: Collection[Need], stack: Stack) -> list[dict[Need, Timed | Exception]]:
    """Measure every need of every network, as `measure` does for one.

    What raises for the stack (too little memory, say) is measured one network at a time, so that only those that
    raise by themselves have an exception in the place of evidence. Seconds are a network's share of the stack's.
    """
    found = measure_together([need for need in needs if not isinstance(need, STATIC)], stack)
    static = [need for need in needs if isinstance(need, STATIC)]
    missing = [need for need in needs if need not in found and need not in static]
    return [
        {need: values[number] for need, values in found.items()} | measure(static, host) | measure(missing, subject)
        for number, (subject, host) in enumerate(zip(stack.subjects, stack.hosts, strict=True))
    ]


def measure_together(needs: Collection[Need], stack: Stack) -> dict[Need, Found]:
    """Measure what a stack can; a need that raised is left out."""
    if stack.subjects[0].unlabelled:
        needs = [need for need in needs if not isinstance(need, LABELLED)]
    shared = {evidence.LossGradients() if isinstance(n, ON_GRADIENTS) else n for n in needs if _shared(n)}
    first = _pass(shared, stack)
    found = {need: values for need, values in first.found.items() if need in needs}
    for need in needs:
        if isinstance(need, ON_GRADIENTS):
            if need not in found and first.gradients:
                found |= _further(need, first, stack)
        elif not _shared(need) and (probe := PROBES.get(type(need))):
            found |= _all(need, lambda need=need, probe=probe: probe(need, stack), len(stack))  # type: ignore[misc]
    return found


def _shared(need: Need) -> bool:
    return isinstance(need, (*SERVED, *ON_GRADIENTS))


def _pass(needs: Collection[Need], stack: Stack) -> BatchPass:
    if needs:
        try:
            return measure_batch_stacked(needs, stack)
        except EXPLAINED:
            pass
    return BatchPass()


def _all(need: Need, probe: Callable[[], list[Any]], networks: int, before: float = 0.0) -> dict[Need, Found]:
    """Return what a probe measures for each network, with its share of the seconds; nothing where it raises."""
    watch = Stopwatch()
    try:
        values = probe()
    except EXPLAINED:
        return {}
    seconds = before + watch.lap() / networks
    return {need: [Timed(value, seconds) for value in values]}


def _further(need: Need, first: BatchPass, stack: Stack) -> dict[Need, Found]:
    """Go on from the gradients of the first batch."""
    begun = first.found[evidence.LossGradients()]
    before = next(piece.seconds for piece in begun if isinstance(piece, Timed))
    if isinstance(need, evidence.HessianGradient):
        return _all(need, lambda: measure_hessian_gradients(stack, first.gradients), len(stack), before)
    batches = [[piece.value[0] for piece in begun if isinstance(piece, Timed)]]

    def later() -> list[Any]:
        for number in range(1, need.batches):  # type: ignore[attr-defined]
            images, labels = stack.batch(number)
            with GroupedBatchNorm():
                logits = stack.network(images)
            gradients = stack_gradients(logits, labels, stack.network)
            batches.append(split_gradients(gradients, len(stack)))
        return [list(of_one) for of_one in zip(*batches, strict=True)]

    return _all(need, later, len(stack), before)
