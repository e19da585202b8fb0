"""Score files on disk: their names, and writing one whole or not at all."""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

from zsbench.errors import ZsbenchError

SUFFIX = ".h5"
ASIDE = ".tmp"


def scores_folder(results: Path) -> Path:
    """Return the folder of the score files within a results folder."""
    return results / "scores"


def place_of_scores(results: Path) -> Path:
    """Return where the scores of a results folder lie; a score file named in its place stands for itself."""
    return results if results.is_file() else scores_folder(results)


def new_path(folder: Path, kind: str) -> Path:
    """Return a file name that no other process uses: `run-20261122T153000-4711-9f3a01c2.h5`."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return folder / f"{kind}-{moment}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"


def score_files(folder: Path) -> list[Path]:
    """Return the score files of a folder, by name; none if there is no such folder. Raises `ZsbenchError`.

    A single file stands for a folder that holds only it.
    """
    if folder.is_file():
        return [folder]
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ZsbenchError(f"cannot read {folder}: {reason(error)}") from error


def ensure_writable(folder: Path) -> None:
    """Make the folder and try to write into it, so that a run fails before it measures; raise `ZsbenchError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = _aside(new_path(folder, "probe"))
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        hint = "choose another folder with --results or ZSBENCH_RESULTS"
        raise ZsbenchError(f"cannot write to {folder}: {reason(error)}", hint) from error


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: written aside, synced, renamed, the folder synced.

    Whatever happens, `path` is afterwards the old file or the new one. Raises `ZsbenchError` if it is the old one.
    """
    aside = _aside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)  # gone already unless writing failed or was interrupted
        _sync_folder(path.parent)
    except OSError as error:
        hint = "what was stored before is intact; make room or choose another folder, then run the same command again"
        raise ZsbenchError(f"cannot store scores in {path}: {reason(error)}", hint) from error


def remove_leftovers(folder: Path, older_than: float = 3600.0) -> int:
    """Delete files that killed processes left aside, `older_than` seconds ago or more; return how many."""
    count = 0
    for path in folder.glob(f"*{SUFFIX}{ASIDE}"):
        try:
            if time.time() - path.stat().st_mtime >= older_than:
                path.unlink()
                count += 1
        except FileNotFoundError:
            continue  # its owner has just renamed it
    return count


def reason(error: OSError) -> str:
    """Return what the system says, without the number and the path."""
    return error.strerror or str(error)


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ASIDE)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # elsewhere folders cannot be opened; the rename itself is atomic
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
