"""What `zsbench score` was asked for, checked before anything is computed."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.registry import Proxy, find_space, proxies, select_proxies

if TYPE_CHECKING:
    from zsbench.conditions import Conditions, Protocol
    from zsbench.spaces.base import Dataset, Space

DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Request:
    """A checked request; `proxies` are those to measure (the parts of aggregates in their place)."""

    space: Space
    datasets: tuple[Dataset, ...]
    proxies: tuple[Proxy, ...]
    indices: tuple[int, ...]
    unique: bool
    """Whether of equal networks one is enough."""
    protocol: Protocol
    overrides: dict[str, Any]
    source: str
    seeds: tuple[int, ...]
    device: str
    workers: int
    folder: Path

    @classmethod
    def parse(
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
        overrides = {"batch_size": batch_size, "init": init}
        require_workers(workers)
        request = cls(
            space=known,
            datasets=_datasets(known, datasets),
            proxies=tuple(_measured(select_proxies(proxies or ["all"]))),
            indices=tuple(_indices(known, sample, archs)),
            unique=unique,
            protocol=load_protocol(protocol),
            overrides={key: value for key, value in overrides.items() if value is not None},
            source=source,
            seeds=tuple(parse_seeds(seeds)),
            device="cpu",
            workers=1,
            folder=scores_folder(results_folder(results)),
        )
        for proxy in request.proxies:
            request.conditions(proxy, request.seeds[0])
        chosen = find_device(device)  # last, as it may import torch
        return replace(request, device=chosen, workers=workers or default_workers(chosen))

    def conditions(self, proxy: Proxy, seed: int, **inputs: str) -> Conditions:
        """Return the conditions of one proxy and seed, without what only the drawn inputs tell."""
        given: dict[str, Any] = dict(self.overrides)
        if (size := given.get("batch_size")) is not None:
            common = self.protocol.common | self.protocol.overrides.get(proxy.name, {})
            given["samples"] = min(common.get("samples", 16), size)
        release = ".".join(importlib.metadata.version("torch").split(".")[:2])
        kind = self.device.partition(":")[0]
        return self.protocol.conditions(proxy.name, **given, **inputs, seed=seed, device=kind, torch=release)


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


def _indices(space: Space, sample: int | None, archs: Path | None) -> list[int]:
    if sample is not None and archs is not None:
        raise UsageError("--sample and --archs exclude each other", "give one of them")
    if archs is not None:
        return _read_archs(space, archs)
    return [int(i) for i in space.sample(len(space) if sample is None else sample)]


def _read_archs(space: Space, path: Path) -> list[int]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        hint = "a text file with one index or architecture string a line"
        raise ZsbenchError(f"cannot read architectures from {path}: {why}", hint) from error
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


MOST_SEEDS = 1000
"""Seeds in one range: beyond it, a slip of the finger is likelier than a wish."""


def parse_seeds(text: str) -> list[int]:
    """Return the seeds that `0-2,7` names, each once; raise `UsageError` for anything else."""
    seeds: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise UsageError(f"--seed {text!r} is not a list of seeds", "such as 0, 0-4 or 0,3,7")
        first, last = int(low), int(high or low)
        if last < first:
            raise UsageError(f"--seed {text!r} runs backwards", f"did you mean {last}-{first}?")
        if last - first >= MOST_SEEDS:
            raise UsageError(f"--seed {text!r} asks for {last - first + 1:,} seeds", f"at most {MOST_SEEDS} at once")
        seeds.extend(range(first, last + 1))
    return list(dict.fromkeys(seeds))


def find_device(name: str) -> str:
    """Return the device that `--device` names; raise `UsageError` for another word, `ZsbenchError` if it isn't here."""
    kind, colon, number = name.partition(":")
    if kind not in DEVICES or (colon and not (kind == "cuda" and number.isdecimal())):
        raise unknown_name("device", name, (*DEVICES, "cuda:1"))
    cpu_build = importlib.metadata.version("torch").endswith("+cpu") and sys.platform != "darwin"
    if kind == "cpu" or (kind == "auto" and cpu_build):
        return "cpu"
    import torch  # only now: importing it takes seconds

    found = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if kind == "auto":
        return next((kind for kind, count in found.items() if count), "cpu")
    if found[kind] <= int(number or 0):
        raise ZsbenchError(f"there is no device {name} here", "zsbench env shows what there is; --device cpu")
    return name


def require_workers(workers: int | None) -> None:
    """Raise `UsageError` for less than one process."""
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers} is not possible", "at least 1")


def default_workers(device: str) -> int:
    """Return how many processes score on a device: all cores of a CPU, one for anything else."""
    if device != "cpu":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
