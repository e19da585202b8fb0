"""The loop over networks, in this process or in several: the numbers are the same, bit for bit, on one machine."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.evaluate.plan import Job, Plan
from zsbench.inputs import Inputs
from zsbench.score import Score

Result = tuple[Job, list[Score]]


def evaluate(plan: Plan, *, device: str = "cpu", workers: int = 1) -> Iterator[Result]:
    """Yield each job with its scores as they are finished, in any order.

    With one worker everything runs in this process. Every worker computes with one thread, as several processes beat
    several threads on networks this small, and the split of sums over threads could change the last bit.
    """
    if not plan.jobs:
        return
    if workers == 1 or len(plan.jobs) == 1:
        yield from _in_process(plan, device)
    else:
        yield from _in_processes(plan, device, min(workers, len(plan.jobs)))


def _in_process(plan: Plan, device: str) -> Iterator[Result]:
    import torch  # noqa: PLC0415 (the parent of worker processes never needs it)

    threads = torch.get_num_threads()
    prepare(plan.space, plan.dataset, plan.inputs, device)
    try:
        for job in plan.jobs:
            yield work(job)
    finally:
        torch.set_num_threads(threads)


def _in_processes(plan: Plan, device: str, workers: int) -> Iterator[Result]:
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare_worker,
        initargs=(plan.space, plan.dataset, plan.inputs, device),
    )
    jobs = iter(plan.jobs)
    # A few jobs ahead keep the workers busy; a short queue lets Ctrl-C stop within seconds.
    pending: set[Future[Result]] = {pool.submit(work, job) for job in islice(jobs, 2 * workers)}
    try:
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                pending |= {pool.submit(work, job) for job in islice(jobs, 1)}
                yield future.result()
    except BrokenProcessPool as error:
        raise ZsbenchError(
            "a worker process died (killed for memory?)",
            "finished scores are kept: run the same command again, with fewer --workers or a smaller --batch-size",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Here:
    """What a process needs for its jobs; set once by `prepare`."""

    space: str
    dataset: str
    inputs: dict[Conditions, Inputs]
    device: str


def _prepare_worker(space: str, dataset: str, inputs: dict[Conditions, Inputs], device: str) -> None:
    # Ctrl-C reaches the whole process group: the parent stops the workers, they finish the job in hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    prepare(space, dataset, inputs, device)


def prepare(space: str, dataset: str, inputs: dict[Conditions, Inputs], device: str) -> None:
    """Make this process ready to `work`: one thread, and memory that is reused rather than returned."""
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    _reuse_large_blocks()
    _Here.space, _Here.dataset, _Here.inputs, _Here.device = space, dataset, inputs, device


def work(job: Job) -> Result:
    """Score one job."""
    import torch  # noqa: PLC0415

    from zsbench.evaluate.network import score_network  # noqa: PLC0415 (imports torch)
    from zsbench.registry import find_space  # noqa: PLC0415

    space = find_space(_Here.space)
    return job, score_network(space, _Here.dataset, job, _Here.inputs[job.conditions], torch.device(_Here.device))


def _reuse_large_blocks() -> None:
    """Let glibc keep freed activation-sized blocks: fresh pages cost more than the elementwise work done on them."""
    if not sys.platform.startswith("linux"):
        return
    m_trim_threshold, m_mmap_threshold, never = -1, -3, 2**31 - 1
    with contextlib.suppress(OSError, AttributeError):  # not glibc: nothing to tune
        libc = ctypes.CDLL(None)
        libc.mallopt(m_mmap_threshold, 2**30)
        libc.mallopt(m_trim_threshold, never)


def _die_with_parent() -> None:
    """End this worker when its parent is killed outright, so that `kill -9` leaves nothing behind."""
    if sys.platform.startswith("linux"):
        pr_set_pdeathsig = 1
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() == 1:
            sys.exit(1)
