"""Studies of made-up scores: accuracy and some noise, of the first networks of the sample."""

from __future__ import annotations

import numpy as np
import pytest

from zsbench.cli.studies import stored_studies
from zsbench.conditions import Conditions
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer

NOISE = {"params": 5.0, "synflow": 3.0, "naswot": 2.0, "zico": 4.0, "snip": 20.0, "plain": 90.0}
"""Proxy -> how far its scores are from the accuracies, in per cent."""


@pytest.fixture(scope="session")
def save_scores():
    """Store made-up scores in a results folder; `seconds` a score may be NaN, as those of imported scores are."""

    def save(folder, datasets=("cifar10",), networks=240, noise=NOISE, seconds=None):
        space, generator = find_space("nb201"), np.random.default_rng(0)
        with Writer(folder / "scores", Provenance(versions={}, command="made up", started="2026-01-02")) as writer:
            for dataset in datasets:
                truth = space.truth(dataset, "valid").values
                for place, (name, spread) in enumerate(noise.items()):
                    version = proxies()[name].version
                    took = 0.01 * 3**place if seconds is None else seconds
                    scores = [
                        Score(i, space.arch(i), name, version, float(v), Status.OK, took)
                        for i, v in (
                            (i, truth[i] + spread * generator.normal()) for i in map(int, space.sample(networks))
                        )
                    ]
                    writer.add("nb201", dataset, Conditions(torch="2.13"), scores)
        return folder

    return save


@pytest.fixture(scope="session")
def studies(tmp_path_factory, save_scores):
    """Return two studies, one a dataset."""
    folder = save_scores(tmp_path_factory.mktemp("results"), ("cifar10", "cifar100"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZSBENCH_DATA", str(folder / "none"))
        return stored_studies(results=folder)
