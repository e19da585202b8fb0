"""Scores of a stack are those of each network alone, whatever stands in it, and jobs are grouped only if alike."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from zsbench.conditions import Conditions
from zsbench.evaluate import Job, Plan, evaluate
from zsbench.evaluate import stack as stack_module
from zsbench.evaluate.plan import in_stacks
from zsbench.registry import find_space, proxies

NAMES = tuple(name for name, proxy in proxies().items() if not proxy.is_aggregate and name != "linear_regions")
CONDITIONS = Conditions(batch_size=4, samples=2)
DEAD = "000000"


@pytest.fixture(scope="module")
def three(space, cells):
    """Return two living cells and a dead one."""
    return [*cells[:2], space.index(DEAD)]


def plan_of(indices, inputs, names=NAMES, conditions=CONDITIONS, space="nb201"):
    return Plan(space, "cifar10", tuple(Job(i, conditions, tuple(names)) for i in indices), {conditions: inputs})


def scores(results):
    return {(job.conditions.id, score.index, score.proxy): score for job, found in results for score in found}


def assert_same(found, expected, least=1e-4):
    assert found.keys() == expected.keys()
    for key, score in found.items():
        other = expected[key]
        assert (score.status, score.reason, score.version, score.arch) == (
            other.status,
            other.reason,
            other.version,
            other.arch,
        )
        # Shifts in front of another BatchNorm have gradients of pure rounding, whose signs gradsign counts: up to a
        # thousandth of what it counts in cells this small.
        allowed = max(least, proxies()[score.proxy].rtol, 1e-3 if score.proxy == "gradsign" else 0)
        assert score.value == pytest.approx(other.value, rel=allowed, nan_ok=True), key


@pytest.fixture(scope="module")
def alone(three, inputs):
    return scores(evaluate(plan_of(three, inputs)))


def test_every_proxy_scores_as_one_network_at_a_time(three, inputs, alone):
    assert_same(scores(evaluate(plan_of(three, inputs), stack=3)), alone)


def test_a_stack_that_is_not_full_is_scored_too_and_workers_share_stacks(three, inputs, alone):
    names = ("naswot", "snip", "params")
    kept = {key: score for key, score in alone.items() if key[2] in names}
    assert_same(scores(evaluate(plan_of(three, inputs, names), stack=2, workers=2)), kept)


def test_repeats_average_the_draws_of_each_network(three, inputs):
    twice = dataclasses.replace(CONDITIONS, repeats=2)
    plan = plan_of(three[:2], inputs, ("snip", "naswot"), twice)
    assert_same(scores(evaluate(plan, stack=2)), scores(evaluate(plan)))


def test_a_space_without_stacks_goes_one_by_one(inputs, monkeypatch):
    monkeypatch.setattr(stack_module, "Stack", None)
    plan = plan_of([0, 1], inputs, ("params",), space="nats-sss")
    assert find_space("nats-sss").stacking() is None
    assert [score.index for _, found in evaluate(plan, stack=8) for score in found] == [0, 1]


def test_jobs_are_stacked_with_their_like_in_order():
    other = dataclasses.replace(CONDITIONS, seed=1)
    plan = [Job(i, c, ("snip",)) for i in range(5) for c in (CONDITIONS, other)]
    plan.insert(3, Job(9, CONDITIONS, ("params", "snip")))
    stacks = in_stacks(plan, 2)
    assert [[job.index for job in stack] for stack in stacks] == [[0, 1], [0, 1], [2, 3], [2, 3], [4], [4], [9]]
    assert all(len({(job.conditions, job.proxies) for job in stack}) == 1 for stack in stacks)
    assert sorted((job for stack in stacks for job in stack), key=repr) == sorted(plan, key=repr)
    assert in_stacks(plan, 1) == [(job,) for job in plan]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("stack", [1, 3])
def test_a_gpu_scores_as_the_cpu(three, inputs, alone, stack):
    found = scores(evaluate(plan_of(three, inputs), device="cuda", stack=stack))
    assert_same(found, alone, least=1e-3)
    assert not any(math.isnan(score.value) for key, score in found.items() if not math.isnan(alone[key].value))
