"""A space of twelve architectures, proxies outside the registry, and stored sets made by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from zsbench.conditions import Conditions
from zsbench.registry import Proxy
from zsbench.score import Status
from zsbench.spaces.base import Dataset, Space, Truth
from zsbench.store import CODES, MISSING, ScoreColumn, ScoreSet

SIZE = 12


class Dozen(Space):
    """Two networks a class: 0 and 1, 2 and 3 ...; the last three are not valid; index 11 has no accuracy."""

    name = "dozen"
    summary = "twelve"
    cite = "nobody"
    datasets = (Dataset("tiny", 8, 2),)

    def __len__(self):
        return SIZE

    def arch(self, index):
        return f"a{index}"

    def index(self, text):
        return int(text[1:])

    def keys(self):
        return [f"k{index // 2}" for index in range(SIZE)]

    def valid(self):
        return np.arange(SIZE) < 9

    def dead(self):
        return np.zeros(SIZE, bool)

    def targets(self, dataset):
        return {"valid": "made up"}

    def truth(self, dataset, target):
        return Truth(target, np.array([*range(80, 91), np.nan], float), "made up")

    def network(self, arch, dataset):
        raise NotImplementedError


@pytest.fixture
def dozen():
    return Dozen()


@pytest.fixture
def truth(dozen):
    return dozen.truth("tiny", "valid")


def _rank_sum(first, second):
    ranks = [np.argsort(np.argsort(part)) for part in (first, second)]
    return (ranks[0] + ranks[1]).astype(float)


def _proxy(name, *, higher_is_better=True, of=(), score=_rank_sum):
    return Proxy(
        name=name,
        score=score,
        needs=(),
        higher_is_better=higher_is_better,
        family="made up",
        criterion="T",
        cite="nobody",
        version=1,
        of=of,
        experimental="",
    )


@pytest.fixture
def known():
    proxies = [_proxy("up"), _proxy("down", higher_is_better=False), _proxy("both", of=("up", "down"))]
    return {proxy.name: proxy for proxy in proxies}


@pytest.fixture
def column():
    """Make a column; a status instead of a number means there is none, None that it was not tried."""

    def make(entries):
        value = [entry if isinstance(entry, int | float) else np.nan for entry in entries]
        status = [
            MISSING if entry is None else CODES[entry if isinstance(entry, Status) else Status.OK] for entry in entries
        ]
        n = len(entries)
        return ScoreColumn(
            version=1,
            value=np.array(value, float),
            status=np.array(status, np.uint8),
            seconds=np.ones(n),
            reason=np.array([""] * n, object),
        )

    return make


@pytest.fixture
def stored(column):
    """Make a set of the first networks of `dozen` from lists of entries, one a proxy."""

    def make(*, conditions=None, start=0, **entries):
        n = len(next(iter(entries.values())))
        index = np.arange(start, start + n)
        return ScoreSet(
            space="dozen",
            dataset="tiny",
            conditions=conditions or Conditions(),
            index=index,
            arch=np.array([f"a{i}" for i in index], object),
            columns={name: column(values) for name, values in sorted(entries.items())},
        )

    return make


@pytest.fixture
def with_status():
    """Return a set in which one entry of a proxy carries another status and keeps its value."""

    def change(scores, name, place, status):
        column = scores.columns[name]
        codes = column.status.copy()
        codes[place] = CODES[status]
        columns = scores.columns | {name: dataclasses.replace(column, status=codes)}
        return dataclasses.replace(scores, columns=columns)

    return change
