from __future__ import annotations

import os
import signal

import pytest

from zsbench.cli.stopping import Stopping


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_interrupts_once(number):
    def run() -> None:
        with Stopping().obeyed():
            try:
                send(number)
            finally:
                send(signal.SIGINT)  # ignored while what is finished is stored
                send(signal.SIGTERM)
                stored.append(1)

    stored: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run()
    assert stored == [1]


def test_what_belongs_together_is_done_before_the_interrupt():
    stopping, done = Stopping(), []

    def run() -> None:
        with stopping.obeyed():
            for step in range(3):
                with stopping.held():
                    if step == 1:
                        send(signal.SIGINT)
                    done.append(step)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert done == [0, 1]


def test_an_error_within_what_is_held_stays_that_error():
    stopping = Stopping()

    def run() -> None:
        with stopping.obeyed(), stopping.held():
            send(signal.SIGINT)
            raise ValueError("disk")

    with pytest.raises(ValueError, match="disk"):
        run()


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Stopping().obeyed():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stopping().obeyed():
            send(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
