"""How published rows are read beside ours (`data/published/reading.toml`): names, targets, what cannot be compared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from zsbench.errors import ZsbenchError
from zsbench.paths import packaged
from zsbench.tables.published import Printed

FIELDS = frozenset(Printed.__dataclass_fields__)


@dataclass(frozen=True)
class Rule:
    """What holds for the published rows that have certain values."""

    where: Mapping[str, tuple[str, ...]]
    """Field of `Printed` -> the values it may have."""
    why: str
    result: str = ""
    """The proxy or target that is meant; empty where rows are not comparable."""

    @classmethod
    def of(cls, entry: Mapping[str, Any], result: str = "") -> Rule:
        """Return the rule of a TOML entry, whose key `result` says what is meant; raise `ValueError` for other keys."""
        where = {key: value for key, value in entry.items() if key not in {"why", result}}
        if unknown := where.keys() - FIELDS:
            msg = f"no columns of published rows: {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        values = {key: (value,) if isinstance(value, str) else tuple(value) for key, value in where.items()}
        return cls(values, entry["why"], entry[result] if result else "")

    def holds_for(self, row: Printed) -> bool:
        """Return whether a row has all the values."""
        return all(getattr(row, key) in values for key, values in self.where.items())


@dataclass(frozen=True)
class Reading:
    """All rules; of several for a row, the first counts."""

    targets: tuple[Rule, ...]
    renamed: tuple[Rule, ...]
    blocked: tuple[Rule, ...]
    causes: Mapping[str, str]
    """Proxy -> why ours may differ from print."""

    def as_ours(self, row: Printed) -> Printed:
        """Return a row under our name of its proxy, and with the target that its numbers show."""
        target, renamed = _first(self.targets, row), _first(self.renamed, row)
        return replace(
            row, target=target.result if target else row.target, proxy=renamed.result if renamed else row.proxy
        )

    def not_comparable(self, row: Printed) -> str:
        """Return why no number of ours can stand beside a row (as it was read); empty if one can."""
        rule = _first(self.blocked, row)
        return rule.why if rule else ""

    def said_of(self, rows: Sequence[Printed]) -> list[str]:
        """Return a sentence for each way in which any of these rows (as published) are read."""
        said = []
        for what, rules in (("target", self.targets), ("proxy", self.renamed)):
            for rule in rules:
                held = [row for row in rows if rule.holds_for(row)]
                sources = ", ".join(dict.fromkeys(row.source for row in held))
                if held and what == "target":
                    said.append(f"{sources} does not say which accuracy: taken for {rule.result}, as {rule.why}.")
                elif held:
                    said.append(f"{held[0].proxy} of {sources} is our {rule.result}: {rule.why}.")
        return said


def _first(rules: Sequence[Rule], row: Printed) -> Rule | None:
    return next((rule for rule in rules if rule.holds_for(row)), None)


def read_reading() -> Reading:
    """Return the rules that ship with zsbench."""
    return _load(packaged("data") / "published" / "reading.toml")


@cache
def _load(path: Path) -> Reading:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Reading(
            targets=tuple(Rule.of(entry, "is") for entry in data["target"]),
            renamed=tuple(Rule.of(entry, "to") for entry in data["renamed"]),
            blocked=tuple(Rule.of(entry) for entry in data["not_comparable"]),
            causes=data["causes"],
        )
    except (OSError, KeyError, ValueError) as error:
        raise ZsbenchError(
            f"cannot read how published numbers are meant: {path}: {error}", "is the installation whole?"
        ) from error
