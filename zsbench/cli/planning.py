"""From a request to plans: the inputs are drawn, and what is stored already is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn
from zsbench.registry import proxies

if TYPE_CHECKING:
    from zsbench.cli.request import Request
    from zsbench.conditions import Conditions
    from zsbench.evaluate import Plan
    from zsbench.inputs import Inputs
    from zsbench.registry import Proxy
    from zsbench.spaces.base import Dataset
    from zsbench.store import Scores


def make_plans(request: Request, *, anew: bool = False) -> list[Plan]:
    """Return one plan a dataset; warn about score files that cannot be read, as their scores are computed again.

    `anew`: whatever is stored.
    """
    from zsbench.store import Scores, read_scores

    request.space.arch(request.indices[0])  # what a space makes at first use is made now, not by every worker
    drawn = [_draw(request, dataset) for dataset in request.datasets]  # first, as inputs may be missing
    versions = {name: proxy.version for name, proxy in proxies().items()}
    stored = Scores(()) if anew else read_scores(request.folder, space=request.space.name, versions=versions)
    for problem in stored.problems:
        warn(str(problem))
    _say_what_is_stale(stored, request)
    return [_plan(request, dataset, of, stored) for dataset, of in zip(request.datasets, drawn, strict=True)]


def _draw(request: Request, dataset: Dataset) -> dict[tuple[int, int], Inputs]:
    """Return the inputs of every batch size and seed that the request needs."""
    from zsbench.inputs import draw_inputs
    from zsbench.sources import find_source

    source = find_source(request.source, dataset.name)
    sizes = {request.conditions(proxy, request.seeds[0]).batch_size for proxy in request.proxies}
    return {
        (size, seed): draw_inputs(source, dataset.size, dataset.classes, size, seed)
        for size in sorted(sizes)
        for seed in request.seeds
    }


def _plan(request: Request, dataset: Dataset, drawn: dict[tuple[int, int], Inputs], stored: Scores) -> Plan:
    from zsbench.evaluate import make_plan

    space = request.space.name
    of: dict[Conditions, Inputs] = {}
    wanted = []
    for seed in request.seeds:
        for proxy in request.proxies:
            inputs = drawn[request.conditions(proxy, seed).batch_size, seed]
            conditions = request.conditions(proxy, seed, input=inputs.source, input_digest=inputs.digest)
            of[conditions] = inputs
            wanted.append((proxy, conditions))

    def done(conditions: Conditions, proxy: Proxy) -> set[int]:
        found = stored.find(space, dataset.name, conditions)
        return found.done(proxy.name, proxy.version) if found else set()

    def twins(proxy: Proxy) -> list[int]:
        equal: list[int] = request.space.twins(loose_ends=proxy.sees_loose_ends).tolist()
        return equal

    return make_plan(space, dataset.name, request.indices, wanted, of, done, twins if request.unique else None)


def _say_what_is_stale(stored: Scores, request: Request) -> None:
    asked = {proxy.name for proxy in request.proxies}
    stale = {proxy: count for proxy, count in sorted(stored.stale.items()) if proxy in asked}
    if stale:
        which = ", ".join(f"{proxy} {count:,}" for proxy, count in stale.items())
        note(f"not used, as their definitions have changed since; computed anew where asked for: {which}")
