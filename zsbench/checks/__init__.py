"""Has a proxy's ranking moved? A recorded baseline, and three layers of judgement on scores computed anew."""

from zsbench.checks.baseline import Baseline, Facts, read_baseline, write_baseline
from zsbench.checks.judge import NewScores, judge
from zsbench.checks.report import LEVEL, Layer, Remark, Report, Row, Verdict

__all__ = [
    "LEVEL",
    "Baseline",
    "Facts",
    "Layer",
    "NewScores",
    "Remark",
    "Report",
    "Row",
    "Verdict",
    "judge",
    "read_baseline",
    "write_baseline",
]
