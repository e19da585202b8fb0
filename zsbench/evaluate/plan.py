"""What is still to be done: networks x proxies x conditions, less what is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zsbench.conditions import Conditions
from zsbench.registry import Proxy

if TYPE_CHECKING:
    from zsbench.inputs import Inputs

Done = Callable[[Conditions, Proxy], Collection[int]]
"""Indices that already have a final score of a proxy under conditions."""


@dataclass(frozen=True)
class Job:
    """The proxies that one network still lacks under the same conditions: one set of shared passes."""

    index: int
    conditions: Conditions
    proxies: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Jobs in the order of the networks asked for, and the inputs that each set of conditions feeds."""

    space: str
    dataset: str
    jobs: tuple[Job, ...]
    inputs: dict[Conditions, Inputs]

    @property
    def networks(self) -> int:
        """Number of networks with something left to score."""
        return len({job.index for job in self.jobs})

    @property
    def scores(self) -> int:
        """Number of scores left to compute."""
        return sum(len(job.proxies) for job in self.jobs)


def in_stacks(jobs: Sequence[Job], size: int) -> list[tuple[Job, ...]]:
    """Group jobs that lack the same proxies under the same conditions, up to `size` together, in their order."""
    alike: dict[tuple[Conditions, tuple[str, ...]], list[Job]] = {}
    stacks = []
    for job in jobs:
        waiting = alike.setdefault((job.conditions, job.proxies), [])
        waiting.append(job)
        if len(waiting) == size:
            stacks.append(tuple(waiting))
            waiting.clear()
    return stacks + [tuple(rest) for rest in alike.values() if rest]


def make_plan(
    space: str,
    dataset: str,
    indices: Sequence[int],
    wanted: Sequence[tuple[Proxy, Conditions]],
    inputs: dict[Conditions, Inputs],
    done: Done,
    twins: Callable[[Proxy], Sequence[int]] | None = None,
) -> Plan:
    """Return the set difference of what is wanted and what is done, grouped into jobs.

    `twins` gives for every network of the space one that counts as equal for a proxy: of equal ones only the first is
    wanted, and none if one of them is done.
    """
    left = {
        (conditions, proxy.name): _left(indices, done(conditions, proxy), twins(proxy) if twins else None)
        for proxy, conditions in wanted
    }
    by_conditions: dict[Conditions, list[Proxy]] = {}
    for proxy, conditions in wanted:
        by_conditions.setdefault(conditions, []).append(proxy)
    jobs = []
    for index in indices:
        for conditions, proxies in by_conditions.items():
            missing = tuple(p.name for p in proxies if index in left[conditions, p.name])
            if missing:
                jobs.append(Job(int(index), conditions, missing))
    return Plan(space, dataset, tuple(jobs), inputs)


def _left(indices: Sequence[int], done: Collection[int], twins: Sequence[int] | None) -> set[int]:
    """Return which of `indices` are to be computed: not done, nor equal to one that is done or comes before."""
    if twins is None:
        return set(indices).difference(done)
    known = {twins[index] for index in done}
    left = set()
    for index in indices:
        if twins[index] not in known:
            known.add(twins[index])
            left.add(index)
    return left
