"""What `zsbench score --dry-run` foretells."""

from __future__ import annotations

from collections import Counter

import pytest

from zsbench.cli import estimate
from zsbench.conditions import Conditions
from zsbench.evaluate import Job, Plan

COST = {"grasp": 2.0, "params": 0.1, "snip": 1.0}
CONDITIONS = Conditions(batch_size=4, samples=4)


def plan(lacks):
    return Plan(
        "nb201", "cifar10", tuple(Job(i, CONDITIONS, proxies) for i, proxies in enumerate(lacks)), {CONDITIONS: None}
    )


@pytest.fixture
def measured(monkeypatch):
    """Which proxies were measured, each at a fixed price."""
    found = []

    def measure(plan, *_arguments, **_options):
        found.extend(job.proxies[0] for job in plan.jobs)
        return sum(COST[job.proxies[0]] for job in plan.jobs), []

    monkeypatch.setattr(estimate, "_measured", measure)
    return found


def test_the_estimate_prices_what_each_network_lacks(measured):
    found = estimate.price(plan([("grasp",)] * 60 + [("params",)] * 40), "cpu")
    assert Counter(measured) == {"grasp": 3, "params": 3}
    assert found.seconds == pytest.approx(60 * 2.0 + 40 * 0.1)


def test_what_few_networks_lack_costs_what_the_others_do(measured):
    found = estimate.price(plan([("grasp",)] * 60 + [("snip",)] * 5), "cpu")
    assert set(measured) == {"grasp"}
    assert found.seconds == pytest.approx(65 * 2.0)
