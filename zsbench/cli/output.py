"""The only place that prints: data to stdout (or a file), everything else to stderr."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from zsbench.errors import UsageError, ZsbenchError
from zsbench.render import CARRIES_CAPTIONS, Format, render, styled_lines
from zsbench.tables import Table

__all__ = ["Format", "emit", "emit_all", "note", "warn", "write_file"]

_SUFFIXES = {f".{known.value}": known for known in Format if known is not Format.RICH} | {".txt": Format.RICH}


def emit(table: Table, format: Format | None = None, output: Path | None = None) -> None:
    """Write one table; see `emit_all`."""
    emit_all([table], format, output)


def emit_all(tables: Sequence[Table], format: Format | None = None, output: Path | None = None) -> None:
    """Write tables to stdout, or atomically to `output`; machine formats join them (equal columns) into one.

    Without a format: that of the file's suffix, else Rich on a terminal and TSV in a pipe. Captions are part of what
    people read (rich, md, tex) and go to stderr where a program reads (tsv, csv, json). Raises `ZsbenchError` if
    the file cannot be written.
    """
    chosen = format or _default_format(output)
    if chosen not in CARRIES_CAPTIONS:
        tables = [_joined(tables)]
    if output is not None:
        write_file(output, "\n".join(render(table, chosen) for table in tables).encode())
    elif chosen is Format.RICH:
        _show(tables)
    else:
        sys.stdout.write("\n".join(render(table, chosen) for table in tables))
        sys.stdout.flush()
    if chosen not in CARRIES_CAPTIONS:
        for text in tables[0].captions:
            note(text)
    if output is not None:
        note(f"wrote {output}")


def wants_people_view(format: Format | None, output: Path | None) -> bool:
    """Return whether the format that `emit` would choose is one that people read."""
    return (format or _default_format(output)) in CARRIES_CAPTIONS


def note(text: str) -> None:
    """Say something on stderr, as it stands (no markup)."""
    sys.stderr.write(f"{text}\n")


def warn(text: str) -> None:
    """Warn on stderr."""
    from rich.console import Console

    text = f"warning: {text}"
    Console(stderr=True).print(text, style="yellow", markup=False, highlight=False, emoji=False, soft_wrap=True)


def _show(tables: Sequence[Table]) -> None:
    from rich.console import Console

    console = Console()
    for i, table in enumerate(tables):
        if i:
            console.print()
        for style, line in styled_lines(table, console.width):
            console.print(line, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)


def _default_format(output: Path | None) -> Format:
    if output is None:
        return Format.RICH if sys.stdout.isatty() else Format.TSV
    return _SUFFIXES.get(output.suffix.lower(), Format.TSV)


def _joined(tables: Sequence[Table]) -> Table:
    columns = tables[0].columns
    if any(table.columns != columns for table in tables):
        raise UsageError("these tables have different columns", "ask for one of them, or for --format md")
    rows = tuple(row for table in tables for row in table.rows)
    captions = tuple(text for table in tables for text in (table.title, *table.captions) if text)
    return Table(title="", columns=columns, rows=rows, captions=captions)


def write_file(path: Path, content: bytes) -> None:
    """Write a whole file or none: aside, synced, renamed; straight into a pipe or device such as /dev/stdout.

    Raises `ZsbenchError` if it cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(content)
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(aside, 0o666 & ~_umask())
            os.replace(aside, path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ZsbenchError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
