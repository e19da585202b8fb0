"""The errors a user can meet: one line, a hint, an exit code; never a traceback unless asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ZsbenchError(Exception):
    """Something explained: `message` says what is wrong, `hint` what to do about it."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")  # for whoever meets it in Python


class UsageError(ZsbenchError):
    """The request itself is off: an unknown name, an option out of range."""

    exit_code = 2


class NothingToReportError(ZsbenchError):
    """Nothing, or not enough, is stored to answer the question."""

    exit_code = 3


class DifferenceFoundError(ZsbenchError):
    """A check or a verification found a difference."""

    exit_code = 4


class ZsbenchWarning(UserWarning):
    """Something left out that a user should know of; the command line prints it as one line on stderr."""


class UnsupportedError(Exception):
    """A proxy or probe has no meaning on this network; becomes the status `unsupported` with this reason."""


class DegenerateError(Exception):
    """The evidence carries no information (constant, all zero); becomes the status `degenerate` with this reason."""


class SingularError(Exception):
    """A determinant or smallest eigenvalue is not resolved from zero; becomes the status `nan` with this reason."""


def unknown_name(kind: str, name: str, choices: Iterable[str]) -> UsageError:
    """Return a usage error for `name`, with the nearest of `choices` as a hint."""
    known = sorted(choices)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return UsageError(f"unknown {kind} {name!r}", hint)
