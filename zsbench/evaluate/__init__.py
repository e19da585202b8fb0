"""Evaluation: a plan (what is still missing) and the fused loop over networks; knows no disk and no terminal."""

from zsbench.evaluate.plan import Job, Plan, make_plan
from zsbench.evaluate.run import evaluate

__all__ = ["Job", "Plan", "evaluate", "make_plan"]
