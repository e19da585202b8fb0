"""For pytest: the fixture `zsbench_check` holds proxies against a baseline within a test of one's own project.

    def test_my_proxy_still_ranks_as_it_did(zsbench_check):
        zsbench_check("baseline.h5", proxy="my_proxy")

Loaded by every pytest that finds zsbench installed, so nothing slow is imported before the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zsbench.checks import Report


@pytest.fixture
def zsbench_check(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """Return a function that fails the test if a proxy moved; a relative path is beside the test's file."""
    here = request.path.parent

    def check(
        baseline: str | Path,
        *,
        proxy: str | Iterable[str] = (),
        seeds: Collection[int] = (),
        workers: int = 1,
        strict: bool = False,
        gate: str = "numbers",
    ) -> Report:
        """Score the baseline's networks again with `proxy` (names; by default all it has) and compare.

        Returns the report. `seeds` are some of the baseline's, by default its last alone; `strict` and `gate` are those
        of `zsbench check`. Raises `ZsbenchError` for a baseline that cannot be used.
        """
        from zsbench.checks import Layer, judge, read_baseline
        from zsbench.checks.rerun import rerun
        from zsbench.checks.tabulate import report_table
        from zsbench.registry import proxies
        from zsbench.render import Format, render

        held = read_baseline(here / baseline)
        names = [proxy] if isinstance(proxy, str) else list(proxy)
        report = judge(held, rerun(held, names or held.proxies, workers=workers, seeds=seeds), proxies())
        if report.failed(strict=strict, gate=Layer(gate)):
            pytest.fail(render(report_table(report, everything=False), Format.RICH), pytrace=False)
        return report

    return check
