"""What a baseline is held against: scores computed now, or read from a file."""

from __future__ import annotations

import fnmatch
import io
from contextlib import redirect_stderr, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from zsbench.cli.output import note, warn
from zsbench.errors import NothingToReportError, UsageError, ZsbenchError

if TYPE_CHECKING:
    from zsbench.checks import Baseline, NewScores
    from zsbench.provenance import Provenance
    from zsbench.registry import Proxy
    from zsbench.store.model import StoredSet


def new_scores(
    baseline: Baseline,
    file: Path | None,
    *,
    proxies: list[str] | None,
    seeds: str | None,
    source: str | None,
    device: str | None,
    workers: int | None,
) -> NewScores:
    """Return the scores that `file` holds, or compute them anew under the baseline's own conditions."""
    from dataclasses import replace

    from zsbench.cli.request import require_workers

    chosen = _chosen(baseline, proxies)
    require_workers(workers)
    if file is None:
        new = _computed(baseline, chosen, seeds=seeds, source=source, device=device, workers=workers)
    else:
        _refuse_computing(file, seed=seeds, input=source, device=device)
        new = _read(baseline, file)
    return replace(new, expected=chosen, unknown=_unknown(baseline, proxies) if file is None else ())


def _refuse_computing(file: Path, **given: str | None) -> None:
    if idle := [f"--{name}" for name, value in given.items() if value is not None]:
        raise UsageError(f"{', '.join(idle)} with --scores: {file} is compared as it is", "leave it out")


def _seeds(baseline: Baseline, text: str | None) -> tuple[int, ...]:
    from zsbench.cli.request import parse_seeds

    return baseline.seeds if text == "all" else tuple(parse_seeds(text)) if text else ()


def _chosen(baseline: Baseline, proxies: list[str] | None) -> tuple[str, ...]:
    """Return the proxies of the baseline that are asked for; raise `NothingToReportError` if there are none."""
    from zsbench.registry import select_proxies

    if not proxies:
        return baseline.proxies
    asked: set[str] = set()
    for text in proxies:
        # Also what is registered no more: that it is gone is worth telling.
        held = fnmatch.filter(baseline.proxies, "*" if text == "all" else text)
        asked.update(held)
        try:
            asked.update(part for found in select_proxies([text]) for part in (found.of or (found.name,)))
        except UsageError:
            if not held:
                raise
    if chosen := tuple(sorted(asked & set(baseline.proxies))):
        return chosen
    raise NothingToReportError(
        f"the baseline has no score of {', '.join(sorted(asked))}", f"it has {', '.join(baseline.proxies)}"
    )


def _unknown(baseline: Baseline, proxies: list[str] | None) -> tuple[str, ...]:
    from zsbench.registry import select_proxies

    asked: list[Proxy] = []
    for text in proxies or ["all"]:
        with suppress(UsageError):  # a proxy of the baseline that is gone
            asked += select_proxies([text])
    return tuple(one.name for one in asked if not one.is_aggregate and one.name not in baseline.proxies)


def _computed(
    baseline: Baseline,
    chosen: tuple[str, ...],
    *,
    seeds: str | None,
    source: str | None,
    device: str | None,
    workers: int | None,
) -> NewScores:
    from zsbench.checks.judge import NewScores
    from zsbench.checks.rerun import plan_of, run
    from zsbench.cli.progress import progress
    from zsbench.cli.request import default_workers, find_device
    from zsbench.provenance import collect

    where = find_device(device or _device(baseline))
    plan = plan_of(baseline, chosen, device=where, source=source, seeds=_seeds(baseline, seeds))
    processes = workers or default_workers(where)
    with progress([plan]) as advance:
        sets = run(
            plan,
            device=where,
            workers=processes,
            seen=lambda job, _scores: advance(plan.dataset, job.index, 0),
        )
    return NewScores(sets, collect(where))


def _device(baseline: Baseline) -> str:
    """Return the class of device that the baseline was recorded on; raise `ZsbenchError` if it is not here."""
    from zsbench.cli.request import find_device

    kind = baseline.sets[0].conditions.device or "cpu"
    try:
        return find_device(kind)
    except ZsbenchError as error:
        raise ZsbenchError(
            f"the baseline was recorded on {kind}, and there is none here",
            "--device cpu compares all the same: expect numbers to differ a little",
        ) from error


def _read(baseline: Baseline, path: Path) -> NewScores:
    from zsbench.checks.judge import NewScores

    sets, provenance = _own_file(path) if path.suffix == ".h5" else _foreign_file(baseline, path)
    kept = [one for one in sets if (one.space, one.dataset) == (baseline.space, baseline.dataset)]
    if not kept:
        there = ", ".join(sorted({f"{one.space} {one.dataset}" for one in sets})) or "nothing"
        raise NothingToReportError(
            f"{path} has no scores of {baseline.space} {baseline.dataset}, which the baseline is of",
            f"it has {there}",
        )
    return NewScores(kept, provenance)


def _own_file(path: Path) -> tuple[list[StoredSet], Provenance]:
    from zsbench.store.files import reason
    from zsbench.store.format import FileProblemError, decode

    try:
        content = decode(path.read_bytes())
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {reason(error)}") from error
    except FileProblemError as error:
        raise ZsbenchError(f"cannot read {path}: {error.message}", error.hint) from error
    for text in content.problems:
        warn(text)
    return list(content.sets), content.provenance[-1]


def _foreign_file(baseline: Baseline, path: Path) -> tuple[list[StoredSet], Provenance]:
    """Read an export of ours, or another project's file, as `zsbench scores import` does: into a folder that goes."""
    from zsbench.cli.scores import import_
    from zsbench.store.reader import load_folder

    with TemporaryDirectory() as folder:
        try:
            with redirect_stderr(io.StringIO()):  # it tells of a store that lasts
                import_(path, source=None, space=None, dataset=None, proxy=None, results=Path(folder))
        except (UsageError, ZsbenchError) as error:
            if path.suffix == ".json":
                raise
            note(f"not an export of zsbench ({error.message}): read as another project's")
            with redirect_stderr(io.StringIO()):
                import_(
                    path,
                    source="theirs",
                    space=baseline.space,
                    dataset=baseline.dataset,
                    proxy=None,
                    results=Path(folder),
                )
        files, _ = load_folder(Path(folder) / "scores")
    return [one for file in files for one in file.content.sets], files[-1].content.provenance[-1]
