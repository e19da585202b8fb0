"""The space nb101: what can be known without any file, and without torch."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from zsbench.errors import UnsupportedError, UsageError
from zsbench.registry import find_space
from zsbench.spaces import cells101_costs
from zsbench.spaces.cell101 import parse, prune
from zsbench.spaces.cells101 import Alike

SPACE = find_space("nb101")
PARAMETERS = {
    "output~0": 882_570,
    "maxpool3x3~0+output~1": 882_570,
    "conv1x1~0+output~1": 1_920_138,
    "conv3x3~0+output~1": 10_177_674,
    "conv3x3~0+conv3x3~1+output~2": 19_472_778,
    "conv3x3~0+conv3x3~1+output~02": 20_346_506,
    "conv1x1~0+conv1x1~1+conv1x1~2+conv1x1~3+conv1x1~4+output~5": 6_070_410,
    "conv3x3~0+conv3x3~1+conv3x3~2+conv3x3~3+conv3x3~4+output~5": 47_358_090,
    "conv3x3~0+conv3x3~1+conv3x3~2+conv3x3~3+conv3x3~4+output~05": 48_231_818,
    "conv3x3~0+conv3x3~01+output~012": 6_406_538,
    "conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245": 2_694_282,
    "conv3x3~0+maxpool3x3~1+conv3x3~2+conv3x3~0+conv1x1~034+output~25": 8_555_530,
}
MACS = {
    "output~0": 137_761_792,
    "conv3x3~0+output~1": 1_496_716_288,
    "conv3x3~0+conv3x3~1+output~02": 2_989_888_512,
    "conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245": 402_002_944,
}

pytestmark = pytest.mark.usefixtures("nb101_cells")


def test_declaring_and_counting_the_space_generates_nothing_and_loads_nothing():
    code = (
        "import sys; from zsbench.registry import find_space; s = find_space('nb101'); s.index('7');"
        "s.targets('cifar10'); s.sample(3);"
        "from zsbench.spaces.cells101_kept import cells;"
        "print(len(s), cells.cache_info().currsize, [m for m in ('torch', 'pandas', 'h5py') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "423624 0 []\n"


@pytest.mark.parametrize(("text", "expected"), PARAMETERS.items())
def test_parameters_are_the_known_ones(text, expected):
    assert SPACE.costs("cifar10")["params"][SPACE.index(text)] == expected


@pytest.mark.parametrize(("text", "expected"), MACS.items())
def test_multiply_accumulates_are_the_known_ones(text, expected):
    assert (
        SPACE.facts(SPACE.index(text))["cifar10 macs"] == SPACE.costs("cifar10")["flops"][SPACE.index(text)] == expected
    )


def test_every_notation_means_the_same_cell():
    for index in (0, 6992, 94_097, 423_623):
        facts = SPACE.facts(index)
        for text in (str(index), SPACE.arch(index), facts["hash"], facts["tuple"]):
            assert SPACE.index(text) == index
    assert SPACE.arch(6992) == "output~0"
    # Vertices 1 and 2 exchanged, and one that nothing feeds.
    assert SPACE.index("conv3x3~0+conv1x1~0+conv1x1~+output~12") == SPACE.index("conv1x1~0+conv3x3~0+output~12")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("423624", "there is no architecture 423624"),
        ("0" * 32, "NAS-Bench-101 has no cell with the module hash 0000"),
        ("conv3x3~0+output~", "no path leads from the input to the output"),
        ("conv3x3~0+conv1x1~01+conv1x1~012+conv1x1~0123+output~1234", "12 edges|13 edges|14 edges"),
        ("|nor_conv_3x3~0|", "cannot read"),
    ],
)
def test_what_lies_outside_the_space_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        SPACE.index(text)


def test_no_two_cells_are_equal_and_none_is_dead():
    keys = SPACE.keys()
    assert len(SPACE) == len(keys) == len(set(keys)) == 423_624
    assert keys == sorted(keys)
    assert SPACE.valid().all()
    assert not SPACE.dead().any()
    assert SPACE.representatives()[[0, -1]].tolist() == [0, 423_623]


def test_samples_nest():
    assert SPACE.sample(5).tolist() == SPACE.sample(50)[:5].tolist()
    assert len(set(SPACE.sample(5000).tolist())) == 5000


def test_costs_and_operations_fit_the_index():
    assert {len(values) for values in SPACE.costs("cifar10").values()} == {len(SPACE)}
    index = SPACE.index("conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245")
    assert {name: int(of[index]) for name, of in SPACE.operations().items()} == {
        "conv3x3": 3,
        "conv1x1": 1,
        "maxpool3x3": 1,
    }
    assert SPACE.facts(index)["edges"] == 9


def test_the_network_is_that_of_the_canonical_cell_however_it_is_written():
    other = "conv1x1~0+conv3x3~0+maxpool3x3~0+output~123"
    index = SPACE.index(other)
    assert SPACE.arch(index) != other
    networks = [SPACE.network(text, "cifar10") for text in (other, SPACE.arch(index), str(index))]
    counts = {sum(p.numel() for p in network.parameters()) for network in networks}
    assert counts == {int(SPACE.costs("cifar10")["params"][index])}
    with torch.no_grad():
        assert networks[0](torch.rand(2, 3, 32, 32)).shape == (2, 10)


def test_a_thin_network_is_not_defined():
    with pytest.raises(UnsupportedError, match="one channel"):
        SPACE.thin_network("output~0")


def parameters_as_written(cell):
    """Count the parameters of a cell whose vertices keep their order."""
    graph = np.array([cell.matrix()], dtype=bool)
    alike = Alike(np.zeros(1, int), graph, np.zeros(1, int), np.array([cell.operations], np.uint8).reshape(1, -1))
    total = 28 * 128 + 128 + 5130
    for inputs, channels in ((128, 128), (128, 256), (256, 512)):
        for repeats, entering in ((1, inputs), (2, channels)):
            weights, outputs = cells101_costs._cell_sums(alike, entering, channels)
            total += repeats * int(weights[0] + 2 * outputs[0])
    return total


@pytest.mark.reference
def test_published_parameters_are_those_of_the_cells_as_published(reference):
    published = json.loads(gzip.decompress((reference / "data" / "nb101_sample.json.gz").read_bytes()))
    table = published["nasbench101"]["cifar10"]
    theirs = [round(1e6 * row["params"]) for row in table.values()]
    assert [parameters_as_written(prune(parse(text))) for text in table] == theirs
    # Another order of vertices may give a channel that can't be shared equally to another one.
    ours = SPACE.costs("cifar10")["params"][[SPACE.index(text) for text in table]]
    assert (ours == theirs).sum() == 230
    np.testing.assert_allclose(ours, theirs, rtol=0.01)
