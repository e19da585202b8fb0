"""Scores made up to move by known amounts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from zsbench import registry
from zsbench.checks import Baseline, Facts
from zsbench.conditions import Conditions
from zsbench.provenance import Provenance
from zsbench.score import Score, Status
from zsbench.store.union import from_scores

CHAINS = Path(__file__).parents[2] / "examples" / "plugin" / "zsbench_example" / "chains.py"
HERE = Provenance(versions={"torch": "2.13.0"}, cpu="this one", device="cpu", platform="Linux-6")


def stored(values, *, seeds=None, version=1, statuses=None, index=None, space="made-up", **conditions):
    """Return a set a seed of made-up scores: name -> (S, n)."""
    runs = len(next(iter(values.values())))
    sets = []
    for run_, seed in enumerate(seeds if seeds is not None else range(runs)):
        scores = []
        for name, of in values.items():
            places = index if index is not None else range(len(of[run_]))
            for place, value in zip(places, of[run_], strict=True):
                status = (statuses or {}).get((name, run_, place), Status.OK if np.isfinite(value) else Status.NAN)
                scores.append(Score(place, f"a{place}", name, version, float(value), status, 0.0))
        sets.append(from_scores(space, "d", Conditions(seed=seed, **conditions), scores))
    return tuple(sets)


def baseline_of(values, truth=None, higher=True, **options):
    facts = Facts(
        dict.fromkeys(values, higher), "test" if truth is not None else "", "made up", dict(enumerate(truth or ()))
    )
    return Baseline(stored(values, **options), facts, HERE)


def load_chains():
    """Return the example's space, registered for nobody yet."""
    registry.spaces()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_spaces", dict(registry._spaces))
        spec = importlib.util.spec_from_file_location("chains_of_the_example", CHAINS)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return registry._spaces["chains"]
