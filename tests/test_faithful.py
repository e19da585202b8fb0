"""Fast equals slow: every proxy beside its plain form in `benchmarks/plain`, on small networks of NAS-Bench-201."""

from __future__ import annotations

import importlib
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from zsbench.conditions import Conditions
from zsbench.evaluate.network import score_subject
from zsbench.evidence import SkipCell
from zsbench.inputs import Batch, Inputs
from zsbench.networks.nats import cell_network, thin_cell_network
from zsbench.probes import Subject
from zsbench.probes.own_copies import per_input_gradients
from zsbench.registry import proxies
from zsbench.score import Status

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="benchmarks come with the checkout")

ALONE = {name: proxy for name, proxy in proxies().items() if not proxy.is_aggregate}
ON_CHAINS = {"nn_mass", "nn_degree"}
ROUNDED = {
    "plain": "large terms that cancel",
    "grasp": "second derivatives, of which large terms cancel",
    "ntk_cond": "the smallest eigenvalue of a kernel",
    "zico": "two batches' gradients nearly cancel in the deviation",
    "zico_paper": "two batches' gradients nearly cancel in the deviation",
    "gradsign": "signs of gradients that are zero but for rounding",
}
"""Proxies of which float32 does not keep five digits, and why."""
TIMES = 5
"""How many times further from float64 the fast form of those may be than the plain one: sums in another order."""
CELLS = {
    "convolutions": ("nor_conv_3x3", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3"),
    "cut": ("none", "skip_connect", "nor_conv_1x1", "none", "avg_pool_3x3", "nor_conv_1x1"),
    "unread": ("nor_conv_3x3", "nor_conv_1x1", "none", "avg_pool_3x3", "none", "none"),
    "pooled": ("skip_connect", "none", "none", "avg_pool_3x3", "skip_connect", "skip_connect"),
}
"""In "cut" a convolution reads a node that only `none` feeds; in "unread" nothing but `none` reads two of them."""
CLASSES, CHANNELS, INPUTS = 10, 4, 8


@pytest.fixture(scope="module")
def benchmarks():
    """Let modules that stand beside the benchmarks be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield
    for name in [name for name in sys.modules if name.split(".")[0] in {"plain", "one_at_a_time", "agreement"}]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def plain(benchmarks):
    return importlib.import_module("plain")


def subject(cell, dtype="float32"):
    generator = np.random.default_rng(3)

    def batch():
        return Batch(
            generator.standard_normal((INPUTS, 3, 16, 16)).astype(dtype), generator.integers(CLASSES, size=INPUTS)
        )

    return Subject(
        identity="small",
        build=lambda: cell_network(CELLS[cell], CLASSES, CHANNELS, cells=1),
        build_thin=lambda: thin_cell_network(CELLS[cell]),
        inputs=Inputs("made up", (batch(), batch()), generator.standard_normal((9000, 1, 3, 3)).astype(dtype)),
        conditions=Conditions(torch="2", batch_size=INPUTS, samples=INPUTS),
        device=torch.device("cpu"),
    )


def both(plain, cell, names, dtype="float32"):
    """Return what zsbench says and what the plain forms work on."""
    measured = subject(cell, dtype)
    outcomes = score_subject(measured, [ALONE[name] for name in names])
    assert {outcome.status for outcome in outcomes.values()} <= {Status.OK}
    return {name: o.value for name, o in outcomes.items()}, plain.drawn(measured, CELLS[cell], CHANNELS, cells=1)


@pytest.fixture(scope="module")
def fast(plain):
    """Return, a cell, all fast scores and what the plain forms work on."""
    return {cell: both(plain, cell, sorted(set(ALONE) - ON_CHAINS)) for cell in CELLS}


def test_every_proxy_has_a_plain_form(plain):
    assert set(plain.PLAIN) == set(ALONE)
    assert set(ALONE) >= set(ROUNDED)


@pytest.mark.parametrize("name", sorted(set(ALONE) - ON_CHAINS - set(ROUNDED)))
def test_a_proxy_equals_its_plain_form_to_float32(plain, fast, name):
    for values, given in fast.values():
        assert values[name] == pytest.approx(plain.plainly(name, given), rel=1e-5)


@pytest.mark.parametrize("name", sorted(set(ROUNDED) - {"gradsign"}))
def test_where_float32_rounds_the_fast_form_is_no_further_from_float64(plain, fast, name):
    def far(values):
        return math.sqrt(sum(((value - true) / true) ** 2 for value, true in zip(values, exact, strict=True)))

    exact = [plain.plainly(name, given.to(torch.float64)) for _, given in fast.values()]
    slow = [plain.plainly(name, given) for _, given in fast.values()]
    ours = [values[name] for values, _ in fast.values()]
    assert far(ours) <= TIMES * far(slow)
    assert ours == pytest.approx(exact, rel=ALONE[name].rtol)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_an_input_have_the_signs_of_a_loop_but_where_they_vanish(plain, cell):
    measured = subject(cell)
    given = plain.drawn(measured, CELLS[cell], CHANNELS, cells=1)
    slow = plain.gradients_an_input(given)
    exact = plain.gradients_an_input(given.to(torch.float64))
    ours = per_input_gradients(measured.network, *measured.batch(size=INPUTS))
    apart = resolved = 0
    for one, other, true in zip(ours, slow, exact, strict=True):
        # The shift of a BatchNorm that another one centres away has no gradient: float32 leaves noise, and a sign.
        known = (true.abs() > 1e-12) | ((one == 0) & (other == 0))
        apart += int((one.sign() != other.sign())[known].sum())
        resolved += int(known.sum())
    assert apart <= 1e-5 * resolved
    assert resolved >= 0.98 * sum(gradients.numel() for gradients in ours)


@pytest.fixture
def in_float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("cell", CELLS)
def test_in_float64_every_proxy_is_its_plain_form(plain, cell):
    names = sorted(set(ALONE) - ON_CHAINS - {"gradsign"})
    values, given = both(plain, cell, names, "float64")
    # What rounds in float32 is the same quantity: here it has four more digits than anyone needs.
    slow = {name: plain.plainly(name, given) for name in names}
    assert values == pytest.approx(slow, rel=1e-7)


@pytest.mark.parametrize("name", sorted(ON_CHAINS))
def test_chains_of_cells_are_counted_in_exact_fractions(plain, name):
    cells = [SkipCell((16, 32, 8), 24, 40), SkipCell((64, 64), 64, Fraction(128, 3))]
    measured = subject("convolutions")
    measured.network.skip_cells = cells
    given = plain.drawn(measured, CELLS["convolutions"], CHANNELS, cells=1)
    assert ALONE[name].score(cells) == pytest.approx(plain.plainly(name, given), rel=1e-15)


def test_pairs_ordered_differently_are_told_from_those_within_rounding(benchmarks, tmp_path):
    module = importlib.import_module("agreement")
    kept = tmp_path / "values.jsonl"
    values = module.Values(kept)
    found = {"fast": [1.0, 2.0, 3.0, 3.1, 9.0], "plain": [1.0, 2.1, 3.2, 3.0, 2.0], "exact": [1.0, 2.0, 3.05, 3.2, 8.0]}
    for how, those in found.items():
        for index, value in enumerate(those):
            values.add(index, how, {"made up": value})
    values.add(5, "fast", {"another": 1.0})
    both = module.Both.of("made up", list(range(6)), module.Values(kept))
    assert both.indices == [0, 1, 2, 3, 4]
    apart = list(both.apart())
    assert apart == [(1, 4), (2, 3), (2, 4), (3, 4)]
    assert [both.within(pair) for pair in apart] == [True, True, True, True]
    assert [both.sided(pair) for pair in apart] == [True, True, True, True]
    exact = dict(enumerate(found["plain"]))
    wrong = module.Both(both.indices, both.fast, both.plain, exact)
    assert not any(wrong.within(pair) or wrong.sided(pair) for pair in apart)
    assert both.differences()[1] == pytest.approx(0.1 / 2.1)
    assert wrong.distances("plain") == [0] * 5
