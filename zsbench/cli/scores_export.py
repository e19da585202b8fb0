"""What `zsbench scores export` writes: frames of any kind, or the JSON that NASLib reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zsbench.cli.output import note
from zsbench.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from zsbench.store import Scores
    from zsbench.store.tabular import Kind

SUITE_ZERO = "suite-zero"
"""The format of NAS-Bench-Suite-Zero."""


def kind_asked_for(
    format: str | None, output: Path | None, *, wide: bool, portable: bool, target: str | None
) -> Kind | None:
    """Return the format of a frame that is asked for, None for `suite-zero`; raise `UsageError` for what doesn't go."""
    from zsbench.store.tabular import Kind, kind_of

    if wide and portable:
        raise UsageError("--wide has no room for what --portable adds", "use one of them")
    if target is not None and format != SUITE_ZERO:
        raise UsageError(f"--target goes with --format {SUITE_ZERO} only", "zsbench show SPACE:ARCH tells accuracies")
    if format == SUITE_ZERO:
        if wide or portable:
            raise UsageError(f"{SUITE_ZERO} is a format of its own", "leave out --wide and --portable")
        return None
    if format is not None and format not in set(Kind):
        raise unknown_name("format", format, [*Kind, SUITE_ZERO])
    kind = Kind(format) if format else kind_of(output) if output else Kind.TSV
    if kind is Kind.PARQUET and output is None:
        raise UsageError("parquet needs a file", "add -o scores.parquet")
    return kind


def content(scores: Scores, kind: Kind | None, *, wide: bool, portable: bool, target: str | None) -> tuple[bytes, int]:
    """Return scores in a format, and how many rows or networks that is."""
    from zsbench.store.exchange import export_frame, export_wide
    from zsbench.store.tabular import to_bytes

    if kind is None:
        return _suite_zero(scores, target), sum(len(one.index) for one in scores.sets)
    frame = export_wide(scores) if wide else export_frame(scores, portable=portable)
    return to_bytes(frame, kind), len(frame)


def _suite_zero(scores: Scores, target: str | None) -> bytes:
    """Return scores as NAS-Bench-Suite-Zero's JSON, with the accuracies of `target` where one is given.

    Raise `UsageError` for scores that it has no room for: of several spaces, or several conditions.
    """
    from zsbench.exchange.suite_zero import written
    from zsbench.registry import find_space

    names = sorted({one.space for one in scores.sets})
    if len(names) > 1:
        raise UsageError(f"scores of {', '.join(names)} do not go into one file of {SUITE_ZERO}", "--space chooses")
    datasets = [one.dataset for one in scores.sets]
    if len(set(datasets)) < len(datasets):
        ids = ", ".join(one.conditions.id for one in scores.sets)
        raise UsageError(f"one file of {SUITE_ZERO} has one score a network and proxy", f"--conditions chooses: {ids}")
    space = find_space(names[0])
    accuracies = {name: space.truth(name, target).values for name in datasets} if target else {}
    content, lacking = written(scores.sets, space, accuracies)
    if lacking:
        note(f"{lacking:,} scores without a number are left out: the format has no word for them")
    return content
