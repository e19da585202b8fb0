"""What a person sees when something goes wrong: one line, a hint, and a traceback only on request."""

from __future__ import annotations

import logging
import os
import select
import sys
import traceback
from typing import TextIO

from zsbench.errors import ZsbenchError, ZsbenchWarning


def debugging() -> bool:
    """Return whether tracebacks are wanted (`--debug` or `ZSBENCH_DEBUG`); workers inherit the answer."""
    return os.environ.get("ZSBENCH_DEBUG", "") not in {"", "0"}


def explain(error: ZsbenchError) -> None:
    """Say on stderr what is wrong and what to do about it."""
    if debugging():
        traceback.print_exception(error)
    _complain(error.message, error.hint)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 (as `warnings` calls it)
    line: str | None = None,  # noqa: ARG001
) -> None:
    """Show our own warnings as one line; those of other packages say where they come from."""
    text = str(message) if issubclass(category, ZsbenchWarning) else f"{filename}:{lineno}: {message}"
    sys.stderr.write(f"warning: {text}\n")


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Say on stderr, whatever that is by now, what is logged."""
        before = "warning: " if record.levelno >= logging.WARNING else ""
        sys.stderr.write(f"{before}{record.getMessage()}\n")


def show_log() -> None:
    """Say on stderr what the layers below have to tell of something that takes time."""
    log = logging.getLogger("zsbench")
    log.addHandler(_Lines())
    log.setLevel(logging.INFO)
    log.propagate = False


def report_crash(error: Exception) -> None:
    """Say on stderr that something unforeseen happened, and how to see where."""
    if debugging():
        traceback.print_exception(error)
    if isinstance(error, OSError):
        _complain(str(error), "ZSBENCH_DEBUG=1 shows where it happened")
    else:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        _complain(what, "this is a bug in zsbench; ZSBENCH_DEBUG=1 shows where it happened")


def _complain(message: str, hint: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    console.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    if hint:
        console.print(Text.assemble(("hint: ", "bold"), hint), soft_wrap=True)


def reader_left() -> bool:
    """Return whether the reader of our stdout has closed it (`zsbench list | head -1`).

    A broken pipe to a worker process looks the same as an exception, but is not the reader's doing.
    """
    waiting = select.poll()
    waiting.register(sys.stdout.fileno(), select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in waiting.poll(0))


def silence_stdout() -> None:
    """Send what is left in the buffers of stdout nowhere, so that the flush at exit does not complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
