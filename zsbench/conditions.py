"""Conditions: all that fixes a number besides the network and the proxy; protocols: named sets of them.

Nothing here draws from a running random stream: every seed is a hash of what it is for, so that order, shards,
workers and resuming cannot change a number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from zsbench.errors import UsageError, ZsbenchError, unknown_name
from zsbench.paths import packaged

THEIRS = "theirs"
"""The input of scores that another project computed, under conditions that are its own to state."""
INITS = ("default", "kaiming_fan_in", "kaiming_fan_out", "normal")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Everything that a score depends on, apart from space, dataset, architecture and proxy."""

    protocol: str = "unified"
    input: str = "photos"
    """Kind of input batch: `photos`, `noise`, `cifar10`, `cifar100`, `npz`; `theirs` for scores of another project."""
    input_digest: str = ""
    """sha256 prefix of the images and labels themselves, so that two sources never mix."""
    batch_size: int = 64
    samples: int = 16
    """Inputs given to proxies that need one backward an input (ntk_cond, gradsign): the first of the batch."""
    repeats: int = 1
    """Independent initialisations whose scores are averaged."""
    init: str = "default"
    dtype: str = "float32"
    batch_norm: str = "batch statistics"
    seed: int = 0
    device: str = "cpu"
    torch: str = ""
    """Release (major.minor) of torch, whose generators and kernels the numbers come from."""

    def __post_init__(self) -> None:
        """Refuse values that no network can be scored under."""
        if self.batch_size < 2:
            raise UsageError(f"batch size {self.batch_size} is too small", "BatchNorm and rank proxies need at least 2")
        if not 1 <= self.samples <= self.batch_size:
            raise UsageError(f"samples = {self.samples} must lie between 1 and the batch size {self.batch_size}")
        if self.repeats < 1:
            raise UsageError(f"repeats = {self.repeats} must be at least 1")
        if self.seed < 0:
            raise UsageError(f"seed {self.seed} is negative", "seeds count from 0")
        if self.init not in INITS:
            raise unknown_name("init", self.init, INITS)

    @cached_property
    def id(self) -> str:
        """Twelve hexadecimal digits that name these conditions in the store."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    @classmethod
    def of_source(cls, name: str) -> Conditions:
        """Return what stands for the conditions of another project's scores: its name, as the protocol."""
        return cls(protocol=name, input=THEIRS, device="", batch_norm="", dtype="")

    @property
    def are_theirs(self) -> bool:
        """Whether another project computed the scores."""
        return self.input == THEIRS

    def to_json(self) -> str:
        """Return the canonical text form: equal conditions give equal text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Conditions:
        """Read what `to_json` wrote; raise `ZsbenchError` if it holds anything else."""
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ZsbenchError(f"unreadable conditions: {error}", "written by another version of zsbench?") from error

    def describe(self) -> str:
        """Say in a few words what a table was measured under."""
        if self.are_theirs:
            return f"{self.protocol}, computed elsewhere and imported: settings, inputs and seeds are that project's"
        repeats = f", mean of {self.repeats} inits" if self.repeats > 1 else ""
        return (
            f"{self.protocol}, {self.input} x {self.batch_size} ({self.samples} for per-sample proxies), "
            f"{self.init} init, BatchNorm on {self.batch_norm}, {self.dtype}, seed {self.seed}{repeats}, "
            f"{self.device}, torch {self.torch}"
        )


@dataclass(frozen=True)
class Protocol:
    """A named set of conditions: common values and, where a proxy's paper has its own, overrides a proxy."""

    name: str
    common: dict[str, Any]
    overrides: dict[str, dict[str, Any]]
    summary: str = ""

    def conditions(self, proxy: str, **given: Any) -> Conditions:
        """Return what `proxy` runs under; `given` (from the command line) wins over the protocol."""
        return Conditions(protocol=self.name, **(self.common | self.overrides.get(proxy, {}) | given))


def protocols() -> dict[str, Path]:
    """Return the protocols that ship with zsbench, by name."""
    return {path.stem: path for path in sorted((packaged("configs") / "protocols").glob("*.toml"))}


def load_protocol(name: str) -> Protocol:
    """Read a protocol by name, or from a TOML file; raise `UsageError` for unknown names, keys or values."""
    known = protocols()
    path = Path(name) if name.endswith(".toml") else known.get(name)
    if path is None:
        raise unknown_name("protocol", name, known)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read protocol {path}: {error}") from error
    protocol = Protocol(
        name=path.stem,
        common=data.get("conditions", {}),
        overrides=data.get("proxy", {}),
        summary=data.get("summary", ""),
    )
    _check_keys(protocol, path)
    return protocol


def _check_keys(protocol: Protocol, path: Path) -> None:
    allowed = {"batch_size", "samples", "repeats", "init"}
    for place, values in (("conditions", protocol.common), *protocol.overrides.items()):
        for key in values:
            if key not in allowed:
                error = unknown_name("key", key, allowed)
                raise UsageError(f"{path} [{place}]: {error.message}", error.hint)
    for proxy in ("", *protocol.overrides):
        protocol.conditions(proxy)


def derived_seed(*parts: str | int) -> int:
    """Return a 63-bit seed that is a hash of what it is for."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1
