"""Kendall's partial tau: the formula on scipy's taus, its error, and what it says of a proxy that only counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from zsbench.errors import UsageError
from zsbench.stats import evaluate, parse_statistic

GIVEN_PARAMS = parse_statistic("partial:params")


def _found(x, y, params):
    (found,) = evaluate([GIVEN_PARAMS], x, y, 0, {"params": params})
    return found


def _by_scipy(x, y, z):
    xy, xz, yz = (kendalltau(one, other).statistic for one, other in ((x, y), (x, z), (y, z)))
    return (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))


def _made_up(n, seed=0):
    generator = np.random.default_rng(seed)
    params = np.round(generator.normal(size=n), 1)
    truth = params + generator.normal(size=n)
    return generator, params, truth


def test_it_is_the_formula_on_tau_b_and_its_error_that_of_leaving_each_network_out():
    generator, params, truth = _made_up(30)
    score = np.round(params + truth + generator.normal(size=30), 1)
    found = _found(score, truth, params)
    assert found.value == pytest.approx(_by_scipy(score, truth, params), abs=1e-12)
    left_out = [_by_scipy(*(np.delete(one, k) for one in (score, truth, params))) for k in range(30)]
    assert found.stderr == pytest.approx(math.sqrt(29 * np.var(left_out)))
    assert found.low < found.value < found.high


def test_a_proxy_that_knows_only_the_cost_has_little_left():
    generator, params, truth = _made_up(2000)
    (tau,) = evaluate([parse_statistic("kendall")], params + 0.01 * generator.normal(size=2000), truth)
    only_cost = _found(params + 0.01 * generator.normal(size=2000), truth, params)
    more = _found(params + truth, truth, params)
    assert tau.value > 0.4
    assert abs(only_cost.value) < 0.1
    assert more.value > 0.5


def test_what_ranks_exactly_by_cost_has_no_number_but_a_reason():
    _, params, truth = _made_up(50)
    assert "rank exactly as" in _found(np.exp(params), truth, params).reason
    assert "same params" in _found(truth, truth, np.ones(50)).reason
    assert "not known" in _found(truth, params, np.where(params > 0, np.nan, params)).reason


def test_a_cost_that_is_not_stated_is_a_usage_error():
    with pytest.raises(UsageError, match="does not state 'params'") as caught:
        evaluate([GIVEN_PARAMS], np.arange(5.0), np.arange(5.0), 0, {"flops": np.arange(5.0)})
    assert "flops" in caught.value.hint
    with pytest.raises(UsageError):
        parse_statistic("partial:")
