"""Where the numbers of the page come from: accuracies, conditions, runs, versions."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from zsbench.conditions import Conditions
from zsbench.figures.study import Study
from zsbench.provenance import Provenance
from zsbench.stats.estimate import Floats
from zsbench.tables.table import Cell, Column, Table


def digest(values: Floats) -> str:
    """Return the sha256 of the known ones of (n,) accuracies: ten-thousandths, as little-endian 64-bit integers."""
    known = np.rint(values[np.isfinite(values)] * 1e4).astype("<i8")
    return hashlib.sha256(known.tobytes()).hexdigest()


def truths_table(studies: Iterable[Study]) -> Table:
    """Return a row a study: which accuracies its scores are ranked against."""
    columns = ("dataset", "target", "networks known", "source", "sha256 of the values")
    rows = tuple(
        (
            study.name,
            study.truth.target,
            int(np.isfinite(study.truth.values).sum()),
            study.truth.source,
            digest(study.truth.values),
        )
        for study in studies
    )
    said = (
        "sha256: of the known accuracies in the order of the space's index, in ten-thousandths, as little-endian "
        "64-bit integers."
    )
    return Table("Accuracies", tuple(Column(name) for name in columns), rows, (said,))


def scores_table(studies: Sequence[Study]) -> Table:
    """Return a row a study and proxy: how many networks it was tried on, what came of it, what it took."""
    several = len(studies) > 1
    names = ("proxy", "dataset", "version", "tried", "with a number", "degenerate", "failed")
    columns = (*(Column(name) for name in names), Column("ms/network", 1), Column("conditions"))
    rows = tuple(
        (
            line.scores.proxy.name,
            study.name if several else None,
            line.scores.proxy.version,
            int(line.scores.scored.sum()),
            line.n,
            line.degenerate,
            line.failed,
            1000 * line.seconds,
            ", ".join(conditions.id for conditions in line.scores.conditions),
        )
        for study in studies
        for line in study.whole.lines
    )
    said = (
        "version: of the proxy's definition. degenerate: the evidence carries no information, the number is kept and "
        "ranked. ms/network: median."
    )
    return Table("Scores", columns, rows, (said,))


def conditions_table(studies: Iterable[Study]) -> Table:
    """Return a row a field of the conditions and a column each that occurs."""
    found: dict[str, Conditions] = {}
    proxies: dict[str, list[str]] = {}
    for study in studies:
        for line in study.whole.lines:
            for conditions in line.scores.conditions:
                found[conditions.id] = conditions
                proxies.setdefault(conditions.id, []).append(line.scores.proxy.name)
    fields = [field.name for field in dataclasses.fields(Conditions)]
    rows: list[tuple[Cell, ...]] = [
        (name.replace("_", " "), *(str(getattr(one, name)) for one in found.values())) for name in fields
    ]
    rows.append(("proxies", *(", ".join(sorted(set(proxies[id_]))) for id_ in found)))
    return Table("Conditions", (Column("condition"), *(Column(id_) for id_ in found)), tuple(rows))


def runs_table(runs: Sequence[Provenance]) -> Table:
    """Return a row a command that scored: when, with which versions, on what."""
    alike: dict[_Run, list[str]] = {}
    for run in sorted(runs, key=lambda run: run.started):
        alike.setdefault(_Run.of(run), []).append(run.started)
    columns = ("command", "first started", "last started", "times", "versions", "system", "device", "commit")
    rows = tuple(
        (
            run.command,
            _minute(started[0]),
            _minute(started[-1]),
            len(started),
            run.versions,
            run.system,
            run.device,
            run.commit,
        )
        for run, started in alike.items()
    )
    return Table("Runs that scored", tuple(Column(name) for name in columns), rows)


@dataclasses.dataclass(frozen=True)
class _Run:
    """A run without the moment it was started."""

    command: str
    versions: str
    system: str
    device: str
    commit: str

    @classmethod
    def of(cls, run: Provenance) -> _Run:
        return cls(run.command, versions(run), f"{run.platform}, {run.cpu}", run.device, commit(run))


def versions(run: Provenance) -> str:
    """Return a run's versions in one line."""
    return ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))


def commit(run: Provenance) -> str:
    """Return the checkout a run came from; empty outside of one."""
    return f"{run.commit[:12]}{' with changes' if run.dirty else ''}" if run.commit else ""


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
