"""Every mishap becomes the status of the scores concerned, and of no others."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from zsbench.conditions import Conditions
from zsbench.errors import DegenerateError, SingularError, UnsupportedError
from zsbench.evaluate import Job
from zsbench.evaluate.network import score_network, score_subject
from zsbench.evidence import Structure, Weights
from zsbench.probes import Subject
from zsbench.probes.measure import PROBES
from zsbench.registry import Proxy, proxies
from zsbench.score import Status

CONDITIONS = Conditions(batch_size=4, samples=2)


STRUCTURE = Structure()


def made_up(function, need=STRUCTURE):
    return Proxy(
        name="made_up",
        score=function,
        needs=(need,),
        higher_is_better=True,
        family="gradient",
        criterion="T",
        cite="",
        version=1,
        of=(),
        experimental="",
    )


def raising(error):
    def function(*_evidence):
        raise error

    return function


@pytest.fixture
def subject(space, cells, inputs):
    arch = space.arch(cells[0])
    return Subject(
        identity="made up",
        build=lambda: space.network(arch, "cifar10"),
        build_thin=lambda: None,
        inputs=inputs,
        conditions=CONDITIONS,
        device=torch.device("cpu"),
    )


@pytest.mark.parametrize(
    ("function", "status", "reason"),
    [
        (lambda _: math.nan, Status.NAN, "not a number"),
        (lambda _: math.inf, Status.INF, "overflow"),
        (lambda _: -math.inf, Status.INF, "overflow"),
        (lambda _: torch.tensor(math.nan), Status.NAN, "not a number"),
        (raising(DegenerateError("flat")), Status.DEGENERATE, "flat"),
        (raising(SingularError("no determinant")), Status.NAN, "no determinant"),
        (raising(UnsupportedError("no such thing")), Status.UNSUPPORTED, "no such thing"),
        (raising(MemoryError()), Status.OOM, "MemoryError"),
        (raising(torch.OutOfMemoryError("CUDA out of memory")), Status.OOM, "CUDA out of memory"),
        (
            raising(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...")),
            Status.OOM,
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...",
        ),
        (raising(RuntimeError("shapes differ\nin a long way")), Status.FAILED, "shapes differ"),
        (raising(ValueError()), Status.FAILED, "ValueError"),
        (raising(ZeroDivisionError("division by zero")), Status.FAILED, "division by zero"),
    ],
)
def test_what_a_proxy_makes_of_its_evidence_becomes_a_status(subject, function, status, reason):
    outcome = score_subject(subject, [made_up(function)])["made_up"]
    assert (outcome.status, outcome.reason) == (status, reason)
    assert math.isnan(outcome.value)


@pytest.mark.parametrize("error", [RuntimeError("broken"), MemoryError("full"), UnsupportedError("not here")])
def test_what_a_probe_raises_becomes_the_status_of_its_proxies_alone(subject, monkeypatch, error):
    monkeypatch.setitem(PROBES, Weights, raising(error))
    known = proxies()
    alone = score_subject(subject, [known["snip"], known["params"]])
    outcomes = score_subject(subject, [known["l2_norm"], known["snip"], known["params"]])
    status = {RuntimeError: Status.FAILED, MemoryError: Status.OOM, UnsupportedError: Status.UNSUPPORTED}[type(error)]
    assert (outcomes["l2_norm"].status, outcomes["l2_norm"].reason) == (status, str(error))
    assert {name: outcomes[name].value for name in alone} == {name: outcome.value for name, outcome in alone.items()}


def test_a_failing_proxy_does_not_take_its_neighbours_down(subject):
    outcomes = score_subject(subject, [made_up(raising(RuntimeError("broken"))), proxies()["params"]])
    assert outcomes["made_up"].status is Status.FAILED
    assert outcomes["params"].value == 73_306


def test_a_need_shared_by_proxies_is_measured_once(subject, monkeypatch):
    calls = []
    monkeypatch.setitem(PROBES, Weights, lambda need, _: calls.append(need) or [])
    twice = [made_up(len, Weights()), proxies()["l2_norm"]]
    score_subject(subject, twice)
    assert len(calls) == 1


def test_dead_networks_are_degenerate_for_all_that_need_evidence(space, inputs):
    index = int(np.flatnonzero(space.dead())[0])
    names = [n for n, p in proxies().items() if not p.is_aggregate and n != "linear_regions"]
    scores = {
        s.proxy: s
        for s in score_network(space, "cifar10", Job(index, CONDITIONS, tuple(names)), inputs, torch.device("cpu"))
    }
    for name, score in scores.items():
        if name in {"nn_mass", "nn_degree"}:
            assert score.status is Status.UNSUPPORTED
        elif proxies()[name].family == "complexity":
            assert score.status is Status.OK
        else:
            assert (score.status, score.reason) == (Status.DEGENERATE, "no path leads from input to output")


def test_a_dead_network_keeps_a_finite_value(subject):
    outcome = score_subject(subject, [made_up(lambda _: 7.0)], dead=True)["made_up"]
    assert (outcome.value, outcome.status) == (7.0, Status.DEGENERATE)
    outcome = score_subject(subject, [made_up(lambda _: math.inf)], dead=True)["made_up"]
    assert math.isnan(outcome.value)
