"""The loop over networks, in this process or in several: the numbers are the same, bit for bit, on one machine."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.evaluate.plan import Job, Plan, in_stacks
from zsbench.inputs import Inputs
from zsbench.registry import find_space
from zsbench.score import Score

Result = tuple[Job, list[Score]]


def evaluate(plan: Plan, *, device: str = "cpu", workers: int = 1, stack: int = 1) -> Generator[Result]:
    """Yield each job with its scores as they are finished, in any order.

    With one worker everything runs in this process. Every worker computes with one thread, as several processes beat
    several threads on networks this small, and the split of sums over threads could change the last bit.

    With a `stack` of more than one, so many networks are computed at once wherever the space has a way to do so, which
    rounds differently; networks that lack other proxies than most stand in stacks of their own.
    """
    if not plan.jobs:
        return
    stacks = in_stacks(plan.jobs, stack if stack > 1 and find_space(plan.space).stacking() else 1)
    if workers == 1 or len(stacks) == 1:
        yield from _in_process(plan, stacks, device)
    else:
        yield from _in_processes(plan, stacks, device, min(workers, len(stacks)))


Stacks = list[tuple[Job, ...]]


def _in_process(plan: Plan, stacks: Stacks, device: str) -> Generator[Result]:
    import torch

    threads = torch.get_num_threads()
    prepare(plan.space, plan.dataset, plan.inputs, device)
    try:
        for jobs in stacks:
            yield from work_together(jobs)
    finally:
        torch.set_num_threads(threads)


def _in_processes(plan: Plan, stacks: Stacks, device: str, workers: int) -> Generator[Result]:
    context = multiprocessing.get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_prepare_worker,
        initargs=(lifeline, plan.space, plan.dataset, plan.inputs, device),
    )
    left = iter(stacks)
    try:
        with _signals_held():
            # A few jobs ahead keep the workers busy.
            pending: set[Future[list[Result]]] = {
                pool.submit(work_together, jobs) for jobs in islice(left, 2 * workers)
            }
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            # What came out before a worker died counts: broken ones last.
            for future in sorted(finished, key=lambda f: f.exception() is not None):
                yield from future.result()
            pending |= {pool.submit(work_together, jobs) for jobs in islice(left, len(finished))}
        pool.shutdown()
    except BrokenProcessPool as error:
        raise ZsbenchError(
            "a worker process died (killed for memory?)",
            "finished scores are kept: run the same command again, with fewer --workers or a smaller --batch-size",
        ) from error
    finally:
        held.close()  # unless they have ended already, workers do now, in the midst of whatever they compute
        pool.shutdown(cancel_futures=True)
        lifeline.close()


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back while workers are spawned: they inherit that, this process goes on to obey.

    Both often reach a whole process group. It is the parent's business to stop, and its workers then end with it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Here:
    """What a process needs for its jobs; set once by `prepare`."""

    space: str
    dataset: str
    inputs: dict[Conditions, Inputs]
    device: str


def _prepare_worker(
    lifeline: Connection, space: str, dataset: str, inputs: dict[Conditions, Inputs], device: str
) -> None:
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    prepare(space, dataset, inputs, device)
    # What is imported by now stays: that the collector looks through it again and again costs 2 % of a run.
    gc.freeze()


def _end_with(lifeline: Connection) -> None:
    """End this worker as soon as its parent lets go of `lifeline`, or dies: `kill -9` leaves nothing behind."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(1)


def prepare(space: str, dataset: str, inputs: dict[Conditions, Inputs], device: str) -> None:
    """Make this process ready to `work`: one thread, and memory that is reused rather than returned."""
    import torch

    torch.set_num_threads(1)
    _reuse_large_blocks()
    _Here.space, _Here.dataset, _Here.inputs, _Here.device = space, dataset, inputs, device


def work(job: Job) -> Result:
    """Score one job."""
    (result,) = work_together((job,))
    return result


def work_together(jobs: Sequence[Job]) -> list[Result]:
    """Score jobs that lack the same proxies under the same conditions, at once."""
    import torch

    from zsbench.evaluate.stack import score_stack

    space, inputs, device = find_space(_Here.space), _Here.inputs[jobs[0].conditions], torch.device(_Here.device)
    with _in_full_precision(device.type):
        scores = score_stack(space, _Here.dataset, jobs, inputs, device)
    return list(zip(jobs, scores, strict=True))


def _in_full_precision(kind: str) -> contextlib.AbstractContextManager[None]:
    """Keep convolutions on a GPU from rounding their inputs to 10 bits (TF32, the default there), and from chance."""
    if kind != "cuda":
        return contextlib.nullcontext()
    import torch

    return torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)


def _reuse_large_blocks() -> None:
    """Let glibc keep freed activation-sized blocks: fresh pages cost more than the elementwise work done on them."""
    if not sys.platform.startswith("linux"):
        return
    m_trim_threshold, m_mmap_threshold, never = -1, -3, 2**31 - 1
    with contextlib.suppress(OSError, AttributeError):  # not glibc: nothing to tune
        libc = ctypes.CDLL(None)
        libc.mallopt(m_mmap_threshold, 2**30)
        libc.mallopt(m_trim_threshold, never)
