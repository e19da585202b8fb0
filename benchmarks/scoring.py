"""How long a network of NAS-Bench-201 takes, beside one measure at a time and beside the bare passes: `make bench`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import torch
from one_at_a_time import MEASURES, layers, one_at_a_time
from runner import Measure, Row, main
from torch import Tensor, nn
from torch.nn import functional

from zsbench.conditions import Conditions, load_protocol
from zsbench.evaluate import Plan, evaluate, make_plan
from zsbench.evaluate.run import prepare
from zsbench.inputs import Inputs, draw_inputs
from zsbench.registry import find_space, select_proxies
from zsbench.sources import find_source

Passes: TypeAlias = Callable[[nn.Module, Tensor, Tensor], None]
NETWORKS = 8
"""Networks a row is over: the first of the nested sample that have a path from input to output."""
BASELINE = "eight measures, one at a time, 2 threads"
EIGHT = "eight measures, shared passes, 2 workers"
ALONE, ALL = "all proxies, 1 worker", "all proxies, 2 workers"


@dataclass(frozen=True)
class Setting:
    """NAS-Bench-201 on CIFAR-10 at 32x32, protocol unified, photographs."""

    indices: Sequence[int]
    inputs: Inputs
    conditions: Conditions


def setting(networks: int = NETWORKS) -> Setting:
    """Return so many networks and their inputs."""
    space = find_space("nb201")
    dead = space.dead()
    indices = [int(index) for index in space.sample(4 * networks) if not dead[index]][:networks]
    inputs = draw_inputs(find_source("photos", "cifar10"), 32, 10, 64, 0)
    return Setting(indices, inputs, load_protocol("unified").conditions("bench", input="photos"))


def plan(names: Sequence[str], networks: int = NETWORKS) -> Plan:
    """Return the work of scoring so many networks with proxies."""
    given = setting(networks)
    wanted = [(proxy, given.conditions) for proxy in select_proxies(names) if not proxy.is_aggregate]
    return make_plan("nb201", "cifar10", given.indices, wanted, {given.conditions: given.inputs}, lambda _c, _p: ())


def scoring(names: Sequence[str], workers: int = 1) -> Measure:
    """Score with proxies, once everything is warm: the clock starts when every worker has finished a network."""
    work = plan(names, NETWORKS + workers)

    def timed() -> float:
        began = 0.0
        for number, _ in enumerate(evaluate(work, workers=workers), start=1):
            if number == workers:
                began = time.perf_counter()
        return time.perf_counter() - began

    return timed


def baseline(threads: int) -> Measure:
    """Compute the eight measures one at a time."""
    networks, images, labels = built(torch.contiguous_format)
    torch.set_num_threads(threads)
    one_at_a_time(networks[0], images, labels)

    def timed() -> None:
        for network in networks:
            one_at_a_time(network, images, labels)

    return timed


def bare(passes: Passes) -> Measure:
    """Time passes without anything read from them, under what a worker has: one thread, channels-last, kept memory."""
    given = setting()
    prepare("nb201", "cifar10", {given.conditions: given.inputs}, "cpu")
    networks, images, labels = built(torch.channels_last)
    passes(networks[0], images, labels)

    def timed() -> None:
        for network in networks:
            passes(network, images, labels)

    return timed


def built(layout: torch.memory_format) -> tuple[list[nn.Module], Tensor, Tensor]:
    """Return networks, and images and labels of a batch."""
    given, space = setting(), find_space("nb201")
    batch = given.inputs.batches[0]
    torch.manual_seed(0)
    networks = [space.network(space.arch(index), "cifar10") for index in given.indices]
    placed = [network.to(memory_format=layout) for network in networks]  # type: ignore[call-overload]
    return placed, torch.from_numpy(batch.images).contiguous(memory_format=layout), torch.from_numpy(batch.labels)


def forward(network: nn.Module, images: Tensor, _labels: Tensor) -> None:
    """Run what naswot needs."""
    network(images)


def two_batches(network: nn.Module, images: Tensor, labels: Tensor) -> None:
    """Run what zico needs."""
    for _ in range(2):
        torch.autograd.grad(functional.cross_entropy(network(images), labels), weights(network), allow_unused=True)


def one_image_of_doubles(network: nn.Module, images: Tensor, _labels: Tensor) -> None:
    """Run what synflow needs."""
    network.double()
    torch.autograd.grad(network(images[:1].double()).sum(), weights(network), allow_unused=True)
    network.float()


def weights(network: nn.Module) -> list[Tensor]:
    """Return the weights of convolutions and linear layers."""
    return [layer.weight for layer in layers(network)]


def rows() -> list[Row]:
    """Return what is measured; seconds are those of one network unless the name says otherwise."""
    eight, every = list(MEASURES), ["all"]

    def each(name: str, prepare: Callable[[], Measure], beside: str = "", **limits: float) -> Row:
        return Row(name, prepare, 1, beside=beside, units=NETWORKS, **limits)

    return [
        each(BASELINE, partial(baseline, 2)),
        each(EIGHT, partial(scoring, eight, 2), BASELINE, most_times=1 / 10),
        each(ALONE, partial(scoring, every), most_mebibytes=1.2 * 1024),
        each(ALL, partial(scoring, every, 2), ALONE, most_seconds=0.8, most_times=1 / 1.8),
        each("a forward, bare", partial(bare, forward)),
        each("naswot alone", partial(scoring, ["naswot"]), "a forward, bare", most_times=1.3),
        each("two batches' gradients, bare", partial(bare, two_batches)),
        each("zico alone", partial(scoring, ["zico"]), "two batches' gradients, bare", most_times=1.3),
        each("one image in float64, bare", partial(bare, one_image_of_doubles)),
        each("synflow alone", partial(scoring, ["synflow"]), "one image in float64, bare", most_times=1.3),
    ]


if __name__ == "__main__":
    main(
        f"Scoring NAS-Bench-201, CIFAR-10 at 32x32, batch 64: seconds a network, over {NETWORKS}",
        rows(),
        ["One at a time: what the published tools do, a deep copy and passes of its own for every measure."],
    )
