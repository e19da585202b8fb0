"""Ctrl-C and SIGTERM: a run stops once, at a moment when nothing is half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopping:
    """Turns either signal into one `KeyboardInterrupt`; further ones do not disturb the storing of what is finished.

    A signal that was ignored from the start (nohup, a job in the background of a script) stays so.
    """

    def __init__(self) -> None:
        """Do nothing yet: see `obeyed`."""
        self._numbers: list[signal.Signals] = []
        self._held = False
        self._asked = False

    @contextmanager
    def obeyed(self) -> Iterator[None]:
        """Take the place of what the two signals did before."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self._numbers = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
        for number in self._numbers:
            signal.signal(number, self._stop)
        try:
            yield
        finally:
            for number in self._numbers:
                signal.signal(number, before[number])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what belongs together be done together: the interrupt comes afterwards."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._asked:
            raise KeyboardInterrupt

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        for number in self._numbers:
            signal.signal(number, signal.SIG_IGN)
        self._asked = True
        if not self._held:
            raise KeyboardInterrupt
