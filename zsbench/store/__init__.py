"""Scores on disk: HDF5 files that always open, merged when read."""

from zsbench.store.files import scores_folder
from zsbench.store.maintain import MergeReport, RemoveReport, Selection, VerifyReport, gather, merge, remove, verify
from zsbench.store.model import CODES, MISSING, Problem, ScoreColumn, Scores, ScoreSet
from zsbench.store.reader import read_score_file, read_scores
from zsbench.store.writer import Writer

__all__ = [
    "CODES",
    "MISSING",
    "MergeReport",
    "Problem",
    "RemoveReport",
    "ScoreColumn",
    "ScoreSet",
    "Scores",
    "Selection",
    "VerifyReport",
    "Writer",
    "gather",
    "merge",
    "read_score_file",
    "read_scores",
    "remove",
    "scores_folder",
    "verify",
]
