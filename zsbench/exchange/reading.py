"""What a file of another project holds, as plain data: scores, and accuracies where it has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zsbench.errors import UsageError, ZsbenchError
from zsbench.score import Score, Status
from zsbench.spaces.base import Space

ALIASES: Mapping[str, str] = {"nwot": "naswot", "jacov": "jacob_cov"}
"""What others call what we call otherwise."""
KNOWN = frozenset(
    (
        *("epe_nas", "fisher", "flops", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "params", "plain", "snip"),
        *("synflow", "synflow_bn", "zen", "jacob_cov", "naswot"),
    )
)
"""Names of scores in the files of NAS-Bench-Suite-Zero and zero-cost-nas."""
FAILED = -1e8
"""What NAS-Bench-Suite-Zero writes for a score that is not a number or could not be had."""


@dataclass(eq=False)
class Reading:
    """The content of a file of one space; grows while the file is read."""

    space: Space
    scores: dict[str, dict[tuple[int, str], Score]] = field(default_factory=dict)
    """Dataset -> (index, proxy) -> score, under our names of proxies."""
    accuracies: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    """(dataset, the file's word for it) -> index -> accuracy."""
    remarks: list[str] = field(default_factory=list)
    """What a user should know: entries left out, and why."""

    def add(self, dataset: str, index: int, name: str, value: Any, seconds: float = math.nan, status: str = "") -> None:
        """Keep one score; raise `ValueError` that says why it is none. Without a `status`, the value tells it."""
        found, number, reason = outcome(value)
        if status and status != found:
            found, reason = _stated(status, number), "as the file states it"
        proxy = ALIASES.get(name, name)
        of = self.scores.setdefault(dataset, {})
        of[index, proxy] = Score(index, self.space.arch(index), proxy, 1, number, found, seconds, reason)

    def add_accuracy(self, dataset: str, word: str, index: int, value: Any) -> None:
        """Keep one accuracy; raise `ValueError` for what can't be one."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{word} {value!r} is no number")  # noqa: TRY004 (a value in a file)
        self.space.dataset(dataset).quantity.check(value)
        self.accuracies.setdefault((dataset, word), {})[index] = float(value)

    @property
    def total(self) -> int:
        """How many scores there are."""
        return sum(map(len, self.scores.values()))

    def check(self, path: Any) -> None:
        """Raise `ZsbenchError` if there is not a single score."""
        if not self.total:
            raise ZsbenchError(f"{path} holds no scores")


def _stated(status: str, number: float) -> Status:
    if status not in set(Status):
        raise ValueError(f"status {status!r} is none of {', '.join(Status)}")
    found = Status(status)
    if math.isfinite(number) != (found is Status.OK) and found is not Status.DEGENERATE:
        raise ValueError(f"status {status} does not go with the score {number:g}")
    return found


def outcome(value: Any) -> tuple[Status, float, str]:
    """Return what a value in a file means: status, number (NaN if it is none), reason.

    Raise `ValueError` for what is no number at all.
    """
    if value is None:
        return Status.FAILED, math.nan, "the file has no value"
    if isinstance(value, bool):
        raise ValueError(f"{value} is no number")  # noqa: TRY004 (a value in a file)
    if isinstance(value, complex):
        if value.imag:
            return Status.FAILED, math.nan, "the file has a complex number"
        value = value.real
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is no number") from None
    if number == FAILED:
        return Status.FAILED, math.nan, f"the file has {FAILED:g}, which stands for a failure"
    if math.isnan(number):
        return Status.NAN, math.nan, "the file has no number"
    if math.isinf(number):
        return Status.INF, math.nan, f"the file has {number}"
    return Status.OK, number, ""


def index_of(space: Space, text: str, where: str) -> int:
    """Return the index of an architecture in a file; raise `ZsbenchError` that says where there is none such."""
    try:
        return space.index(text)
    except UsageError as error:
        raise ZsbenchError(
            f"{where}: {shortened(text)} is no architecture of {space.name}: {error.message}",
            "is it a file of another space? --space names it; nothing was imported",
        ) from error


def shortened(text: str, most: int = 60) -> str:
    """Return a text that fits into a message."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def dataset_of(space: Space, name: str, where: str) -> str:
    """Return a dataset as the space spells it; raise `ZsbenchError` if it has none such."""
    try:
        return space.dataset(name).name
    except UsageError as error:
        raise ZsbenchError(f"{where}: {error.message}", error.hint) from error
