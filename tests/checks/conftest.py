"""Small chains of convolutions that score in milliseconds, and scores made up to a known spread."""

from __future__ import annotations

import pytest
from making import load_chains

from zsbench import registry
from zsbench.checks import Baseline, Facts
from zsbench.checks.rerun import run
from zsbench.conditions import Conditions
from zsbench.evaluate import make_plan
from zsbench.inputs import draw_inputs
from zsbench.provenance import collect
from zsbench.sources import find_source

PROXIES = ("fisher", "grad_norm", "jacob_cov", "l2_norm", "naswot", "params", "plain", "snip", "synflow", "zico")
SEEDS = (0, 1)
NETWORKS = (0, 1, 3, 4, 6, 7)


@pytest.fixture(scope="session")
def chains_space():
    """Return the example's space, registered for nobody yet."""
    return load_chains()


@pytest.fixture
def chains(chains_space, monkeypatch):
    monkeypatch.setattr(registry, "_spaces", {**registry._spaces, "chains": chains_space})
    return chains_space


@pytest.fixture
def definitions(monkeypatch):
    """Let a test change what is registered; the next test finds it as it was."""
    registry.proxies()
    monkeypatch.setattr(registry, "_proxies", dict(registry._proxies))
    return registry._proxies


@pytest.fixture(scope="session")
def recorded(chains_space):
    """Return a baseline of six chains under two seeds, with accuracies that go with their sizes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_spaces", {**registry._spaces, "chains": chains_space})
        plan = _plan()
        sets = run(plan, device="cpu", workers=1)
    known = registry.proxies()
    truth = {index: 60.0 + 3 * place for place, index in enumerate(NETWORKS)}
    facts = Facts({name: known[name].higher_is_better for name in PROXIES}, "test", "made up", truth)
    return Baseline(sets, facts, collect("cpu"))


def _plan():
    known = registry.proxies()
    wanted, inputs = [], {}
    for seed in SEEDS:
        drawn = draw_inputs(find_source("noise", "cifar10"), 32, 10, 8, seed)
        conditions = Conditions(
            input="noise", input_digest=drawn.digest, batch_size=8, samples=4, seed=seed, torch="2.13"
        )
        inputs[conditions] = drawn
        wanted += [(known[name], conditions) for name in PROXIES]
    return make_plan("chains", "cifar10", list(NETWORKS), wanted, inputs, lambda *_: ())
