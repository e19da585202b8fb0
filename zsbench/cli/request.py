"""What `zsbench score` was asked for, checked before anything is computed; and the plans that follow from it."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.registry import Proxy, find_space, proxies, select_proxies

if TYPE_CHECKING:
    from zsbench.conditions import Conditions, Protocol
    from zsbench.evaluate import Plan
    from zsbench.spaces.base import Dataset, Space


@dataclass(frozen=True)
class Request:
    """A checked request; `proxies` are those to measure (the parts of aggregates in their place)."""

    space: Space
    datasets: tuple[Dataset, ...]
    proxies: tuple[Proxy, ...]
    indices: tuple[int, ...]
    protocol: Protocol
    overrides: dict[str, Any]
    source: str
    seeds: tuple[int, ...]
    device: str
    workers: int
    folder: Path

    @classmethod
    def parse(  # noqa: PLR0913 (one argument an option)
        cls,
        *,
        space: str,
        datasets: list[str] | None,
        proxies: list[str] | None,
        sample: int | None,
        archs: Path | None,
        unique: bool,
        protocol: str,
        batch_size: int | None,
        init: str | None,
        source: str,
        seeds: str,
        device: str,
        workers: int | None,
        results: Path | None,
    ) -> Request:
        """Check options; raise `UsageError` for the first that cannot be met."""
        from zsbench.conditions import load_protocol
        from zsbench.paths import results_folder
        from zsbench.store import scores_folder

        known = find_space(space)
        chosen = _device(device)
        overrides = {"batch_size": batch_size, "init": init}
        if workers is not None and workers < 1:
            raise UsageError(f"--workers {workers} is not possible", "at least 1")
        request = cls(
            space=known,
            datasets=_datasets(known, datasets),
            proxies=tuple(_measured(select_proxies(proxies or ["all"]))),
            indices=tuple(_indices(known, sample, archs, unique=unique)),
            protocol=load_protocol(protocol),
            overrides={key: value for key, value in overrides.items() if value is not None},
            source=source,
            seeds=tuple(_seeds(seeds)),
            device=chosen,
            workers=workers or _default_workers(chosen),
            folder=scores_folder(results_folder(results)),
        )
        for proxy in request.proxies:
            request.conditions(proxy, request.seeds[0])
        return request

    def conditions(self, proxy: Proxy, seed: int, **inputs: str) -> Conditions:
        """Return the conditions of one proxy and seed, without what only the drawn inputs tell."""
        given: dict[str, Any] = dict(self.overrides)
        if (size := given.get("batch_size")) is not None:
            common = self.protocol.common | self.protocol.overrides.get(proxy.name, {})
            given["samples"] = min(common.get("samples", 16), size)
        release = ".".join(importlib.metadata.version("torch").split(".")[:2])
        kind = self.device.partition(":")[0]
        return self.protocol.conditions(proxy.name, **given, **inputs, seed=seed, device=kind, torch=release)


def make_plans(request: Request) -> list[Plan]:
    """Draw the inputs, look at what is stored, and return one plan a dataset."""
    from zsbench.evaluate import make_plan
    from zsbench.inputs import Inputs, draw_inputs
    from zsbench.sources import find_source
    from zsbench.store import read_scores

    versions = {name: proxy.version for name, proxy in proxies().items()}
    plans = []
    for dataset in request.datasets:
        source = find_source(request.source, dataset.name)
        drawn: dict[tuple[int, int], Inputs] = {}
        of: dict[Conditions, Inputs] = {}
        wanted = []
        for seed in request.seeds:
            for proxy in request.proxies:
                size = request.conditions(proxy, seed).batch_size
                if (size, seed) not in drawn:
                    drawn[size, seed] = draw_inputs(source, dataset.size, dataset.classes, size, seed)
                inputs = drawn[size, seed]
                conditions = request.conditions(proxy, seed, input=inputs.source, input_digest=inputs.digest)
                of[conditions] = inputs
                wanted.append((proxy, conditions))
        stored = read_scores(request.folder, space=request.space.name, dataset=dataset.name, versions=versions)

        def done(conditions: Conditions, proxy: Proxy, stored: Any = stored, name: str = dataset.name) -> set[int]:
            found = stored.find(request.space.name, name, conditions)
            return found.done(proxy.name, proxy.version) if found else set()

        plans.append(make_plan(request.space.name, dataset.name, request.indices, wanted, of, done))
    return plans


def _measured(chosen: Sequence[Proxy]) -> list[Proxy]:
    known = proxies()
    names = {part for proxy in chosen for part in (proxy.of or (proxy.name,))}
    return [known[name] for name in sorted(names)]


def _datasets(space: Space, names: list[str] | None) -> tuple[Dataset, ...]:
    if not names:
        return space.datasets[:1]
    if "all" in names:
        return space.datasets
    return tuple(dict.fromkeys(space.dataset(name) for name in names))


def _indices(space: Space, sample: int | None, archs: Path | None, *, unique: bool) -> list[int]:
    if sample is not None and archs is not None:
        raise UsageError("--sample and --archs exclude each other", "give one of them")
    if archs is not None:
        indices = _read_archs(space, archs)
    else:
        indices = [int(i) for i in space.sample(len(space) if sample is None else sample)]
    if unique:
        first = space.representatives()
        indices = [int(i) for i in dict.fromkeys(int(first[index]) for index in indices)]
    return indices


def _read_archs(space: Space, path: Path) -> list[int]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ZsbenchError(f"cannot read architectures from {path}: {error}") from error
    indices = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not (name := line.strip()) or name.startswith("#"):
            continue
        try:
            indices.append(space.index(name))
        except UsageError as error:
            raise UsageError(f"{path}, line {number}: {error.message}", error.hint) from error
    if not indices:
        raise UsageError(f"{path} names no architecture", "one index or architecture string a line")
    return list(dict.fromkeys(indices))


def _seeds(text: str) -> list[int]:
    seeds: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise UsageError(f"--seed {text!r} is not a list of seeds", "such as 0, 0-4 or 0,3,7")
        first, last = int(low), int(high or low)
        if last < first:
            raise UsageError(f"--seed {text!r} runs backwards", f"did you mean {last}-{first}?")
        seeds.extend(range(first, last + 1))
    return list(dict.fromkeys(seeds))


def _device(name: str) -> str:
    kinds = ("auto", "cpu", "cuda", "mps")
    if name.partition(":")[0] not in kinds:
        raise unknown_name("device", name, kinds)
    cpu_build = importlib.metadata.version("torch").endswith("+cpu") and sys.platform != "darwin"
    if name == "cpu" or (name == "auto" and cpu_build):
        return "cpu"
    import torch  # only now: importing it takes seconds

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next((kind for kind, there in found.items() if there), "cpu")
    if not found[name.partition(":")[0]]:
        raise ZsbenchError(f"there is no {name} device here", "zsbench env shows what there is; --device cpu")
    return name


def _default_workers(device: str) -> int:
    if device != "cpu":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
