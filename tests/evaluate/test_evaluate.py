"""Scores don't depend on workers, order or batches of jobs; repeats average."""

from __future__ import annotations

import dataclasses
import math
import statistics

import pytest
import torch

from zsbench.conditions import Conditions
from zsbench.evaluate import Job, Plan, evaluate, make_plan
from zsbench.evaluate import network as network_module
from zsbench.evaluate.network import score_network, score_subject
from zsbench.registry import proxies
from zsbench.score import Status

CHEAP = ("grad_norm", "jacob_cov", "naswot", "params", "snip", "synflow", "zen")
CONDITIONS = Conditions(batch_size=4, samples=2)


def plan_of(cells, inputs, names=CHEAP, conditions=CONDITIONS):
    jobs = tuple(Job(index, conditions, tuple(names)) for index in cells)
    return Plan("nb201", "cifar10", jobs, {conditions: inputs})


def bits(results):
    return {
        (job.conditions.id, score.index, score.proxy): (float(score.value).hex(), score.status)
        for job, scores in results
        for score in scores
    }


@pytest.fixture(scope="module")
def in_one_process(cells, inputs):
    return bits(evaluate(plan_of(cells, inputs)))


def test_every_job_has_its_scores(in_one_process, cells):
    assert len(in_one_process) == len(cells) * len(CHEAP)
    assert {status for _, status in in_one_process.values()} == {Status.OK}


def test_two_workers_give_the_same_bits_as_one(in_one_process, cells, inputs):
    assert bits(evaluate(plan_of(cells, inputs), workers=2)) == in_one_process


def test_the_order_of_jobs_and_of_proxies_changes_no_bit(in_one_process, cells, inputs):
    assert bits(evaluate(plan_of(cells[::-1], inputs, CHEAP[::-1]))) == in_one_process


def test_scores_measured_in_several_goes_are_those_of_one(in_one_process, cells, inputs):
    found = {}
    for names in (CHEAP[:1], CHEAP[1:4], CHEAP[4:]):
        for index in cells:
            found |= bits(evaluate(plan_of([index], inputs, names)))
    assert found == in_one_process


def test_what_torch_drew_before_changes_no_bit(in_one_process, cells, inputs):
    torch.manual_seed(99)
    state = torch.get_rng_state()
    assert bits(evaluate(plan_of(cells[:1], inputs))).items() <= in_one_process.items()
    assert torch.equal(torch.get_rng_state(), state)


def test_the_caller_s_threads_are_given_back(cells, inputs):
    before = torch.get_num_threads()
    run = evaluate(plan_of(cells, inputs, ["params"]))
    next(run)
    run.close()
    assert torch.get_num_threads() == before


def test_an_empty_plan_yields_nothing(inputs):
    assert list(evaluate(plan_of([], inputs), workers=2)) == []


def test_repeats_average_independent_draws(space, cells, inputs, monkeypatch):
    conditions = dataclasses.replace(CONDITIONS, repeats=3)
    seen = []

    def note(subject, *arguments, **options):
        seen.append(score_subject(subject, *arguments, **options))
        return seen[-1]

    monkeypatch.setattr(network_module, "score_subject", note)
    job = Job(cells[0], conditions, ("snip", "params"))
    snip, params = score_network(space, "cifar10", job, inputs, torch.device("cpu"))
    draws = [outcomes["snip"].value for outcomes in seen]
    assert len(set(draws)) == 3
    assert snip.value == statistics.fmean(draws)
    assert snip.seconds == pytest.approx(sum(outcomes["snip"].seconds for outcomes in seen))
    assert params.value == seen[0]["params"].value


def test_a_draw_without_a_value_takes_the_mean_with_it(space, cells, inputs, monkeypatch):
    flaw = network_module.Outcome(math.nan, Status.INF, 0.5, "overflow")
    draws = iter([{"snip": network_module.Outcome(1.0, Status.OK, 0.5)}, {"snip": flaw}])
    monkeypatch.setattr(network_module, "score_subject", lambda *_arguments, **_options: next(draws))
    job = Job(cells[0], dataclasses.replace(CONDITIONS, repeats=2), ("snip",))
    (score,) = score_network(space, "cifar10", job, inputs, torch.device("cpu"))
    assert (score.status, score.reason) == (Status.INF, "overflow")
    assert math.isnan(score.value)


def test_a_score_says_what_it_is(space, cells, inputs):
    (score,) = score_network(space, "cifar10", Job(cells[0], CONDITIONS, ("params",)), inputs, torch.device("cpu"))
    assert (score.index, score.arch, score.proxy, score.version) == (cells[0], space.arch(cells[0]), "params", 1)
    assert (score.value, score.status, score.reason) == (73_306, Status.OK, "")
    assert score.seconds > 0


def test_a_plan_is_what_is_wanted_less_what_is_done():
    known = proxies()
    other = dataclasses.replace(CONDITIONS, batch_size=8)
    done = {(CONDITIONS, "snip"): {1, 2}, (CONDITIONS, "params"): {2}}
    plan = make_plan(
        "nb201",
        "cifar10",
        [2, 1, 3],
        [(known["params"], CONDITIONS), (known["snip"], CONDITIONS), (known["zico"], other)],
        {},
        lambda conditions, proxy: done.get((conditions, proxy.name), ()),
    )
    assert plan.jobs == (
        Job(2, other, ("zico",)),
        Job(1, CONDITIONS, ("params",)),
        Job(1, other, ("zico",)),
        Job(3, CONDITIONS, ("params", "snip")),
        Job(3, other, ("zico",)),
    )
    assert (plan.networks, plan.scores) == (3, 6)


def test_of_equal_networks_the_first_is_planned_unless_one_is_done():
    known = proxies()
    pairs, each = [0, 0, 2, 2, 4, 4], [0, 1, 2, 3, 4, 5]
    done = {"snip": {3}}
    plan = make_plan(
        "nb201",
        "cifar10",
        [5, 4, 2, 1],
        [(known["naswot"], CONDITIONS), (known["snip"], CONDITIONS)],
        {},
        lambda _, proxy: done.get(proxy.name, ()),
        lambda proxy: each if proxy.sees_loose_ends else pairs,
    )
    assert plan.jobs == (
        Job(5, CONDITIONS, ("naswot", "snip")),
        Job(4, CONDITIONS, ("naswot",)),
        Job(2, CONDITIONS, ("naswot",)),
        Job(1, CONDITIONS, ("naswot", "snip")),
    )
