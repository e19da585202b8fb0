from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zsbench.errors import UsageError
from zsbench.registry import find_space, spaces
from zsbench.spaces import nds_cell, nds_stages
from zsbench.spaces.nds import Nds
from zsbench.spaces.nds_cell import NONE, Cell, CellNet
from zsbench.spaces.nds_stages import Stage, StageNet, Stem
from zsbench.spaces.nds_table import FILES
from zsbench.truths.space import MissingArchitecturesError

CELL_FAMILIES = sorted({file.family for file in FILES if isinstance(file.family, nds_cell.Family)}, key=str)
DARTS = next(file.family for file in FILES if file.space == "nds-darts")
assert isinstance(DARTS, nds_cell.Family)


@st.composite
def cells(draw: st.DrawFn, family: nds_cell.Family) -> Cell:
    edges = tuple(
        (draw(st.sampled_from(family.operations)), draw(st.integers(0, 1 + place // 2)))
        for place in range(2 * family.nodes)
    )
    concat = draw(st.lists(st.integers(2, 1 + family.nodes), min_size=1, unique=True))
    return Cell(edges, tuple(concat))


@st.composite
def nets(draw: st.DrawFn) -> tuple[nds_cell.Family, CellNet]:
    family = draw(st.sampled_from(CELL_FAMILIES))
    width, depth = 2 * draw(st.integers(1, 64)), draw(st.integers(1, 30))
    return family, CellNet(width, depth, draw(cells(family)), draw(cells(family)))


STAGES = st.lists(
    st.builds(
        Stage,
        depth=st.integers(1, 24),
        width=st.sampled_from([16, 32, 48]),
        stride=st.integers(1, 2),
        bottleneck=st.sampled_from([0.25, 0.5, 1.0]),
        groups=st.sampled_from([1, 2, 4]),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
STEMS = st.builds(
    Stem, width=st.integers(1, 64), kernel=st.sampled_from([3, 7]), stride=st.integers(1, 2), pooled=st.booleans()
)


@given(nets())
def test_an_architecture_of_cells_comes_back_from_its_text(drawn: tuple[nds_cell.Family, CellNet]) -> None:
    family, net = drawn
    assert family.parse(str(net)) == net
    assert family.parse(f"  {net}\n") == net


@given(STEMS, STAGES)
def test_an_architecture_of_bottleneck_stages_comes_back_from_its_text(stem: Stem, stages: tuple[Stage, ...]) -> None:
    net = StageNet(nds_stages.BOTTLENECK, stem, stages)
    assert nds_stages.Family(nds_stages.BLOCKS).parse(str(net)) == net


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.space)
def test_the_example_of_every_space_is_one_of_its_architectures(file: nds_cell.Family) -> None:
    assert str(file.family.parse(file.family.example)) == file.family.example  # type: ignore[attr-defined]


def shuffled(cell: Cell, seed: int) -> Cell:
    """Return an equal cell: nodes in another order that reads only earlier ones, inputs of a node swapped."""
    chance = random.Random(seed)
    orders = [
        order
        for order in itertools.permutations(range(cell.nodes))
        if all(
            state < 2 or order.index(state - 2) < order.index(node)
            for node in range(cell.nodes)
            for _, state in cell.inputs(node)
        )
    ]
    order = chance.choice(orders)
    number = {0: 0, 1: 1} | {2 + node: 2 + place for place, node in enumerate(order)}
    edges: list[tuple[str, int]] = []
    for node in order:
        edges += chance.sample([(operation, number[state]) for operation, state in cell.inputs(node)], 2)
    return Cell(tuple(edges), tuple(chance.sample([number[state] for state in cell.concat], len(cell.concat))))


@settings(max_examples=60, deadline=None)
@given(nets(), st.integers(0, 99))
def test_the_key_does_not_depend_on_the_order_of_nodes_and_inputs(
    drawn: tuple[nds_cell.Family, CellNet], seed: int
) -> None:
    _, net = drawn
    other = CellNet(net.width, net.depth, shuffled(net.normal, seed), shuffled(net.reduce, seed + 1))
    assert other.key() == net.key()
    assert other.is_complete() == net.is_complete()
    assert other.is_dead() == net.is_dead()
    assert other.operations() == net.operations()


def brute_force_equal(one: Cell, other: Cell) -> bool:
    """Return whether some renumbering of nodes makes two cells the same; a none reads nothing."""

    def described(cell: Cell, number: dict[int, int]) -> object:
        def term(operation: str, state: int) -> tuple[str, int]:
            return (operation, -1) if operation == NONE else (operation, number[state])

        nodes = {number[2 + n]: tuple(sorted(term(*edge) for edge in cell.inputs(n))) for n in range(cell.nodes)}
        return nodes, sorted(number[state] for state in cell.concat)

    plain = {state: state for state in range(2 + one.nodes)}
    return any(
        described(one, plain) == described(other, {0: 0, 1: 1} | {2 + n: 2 + place for n, place in enumerate(order)})
        for order in itertools.permutations(range(other.nodes))
    )


SMALL = nds_cell.Family(3, ("none", "skip_connect", "sep_conv_3x3"))


@settings(max_examples=200, deadline=None)
@given(cells(SMALL), cells(SMALL), st.integers(0, 99))
def test_keys_are_equal_exactly_where_a_renumbering_makes_the_cells_equal(one: Cell, other: Cell, seed: int) -> None:
    for second in (other, shuffled(one, seed), Cell(one.edges, other.concat)):
        keys = [CellNet(2, 3, cell, cell).key() for cell in (one, second)]
        assert (keys[0] == keys[1]) == brute_force_equal(one, second)


def test_sharing_a_node_is_not_the_same_as_computing_it_twice() -> None:
    """Nodes 2 and 3 compute the same, but with weights of their own."""
    text = "w2d3/sep_conv_3x3~0+sep_conv_3x3~1|sep_conv_3x3~0+sep_conv_3x3~1|skip_connect~2+skip_connect~{}>4/{}"
    rest = "skip_connect~0+skip_connect~1|skip_connect~0+skip_connect~1|skip_connect~0+skip_connect~1>4"
    shared, twice = (SMALL.parse(text.format(state, rest)) for state in (2, 3))
    assert shared.key() != twice.key()


def darts(normal: str, reduce: str = "", depth: int = 6) -> CellNet:
    assert isinstance(DARTS, nds_cell.Family)
    return DARTS.parse(f"w4d{depth}/{normal}/{reduce or normal}")


FULL = "skip_connect~0+sep_conv_3x3~1|none~0+max_pool_3x3~2|skip_connect~0+skip_connect~1|none~0+none~1>2.3.4"
UNUSED = "skip_connect~0+sep_conv_3x3~1|skip_connect~0+max_pool_3x3~2|none~0+none~1|none~0+none~1>2"
DEAD = "none~0+none~1|sep_conv_3x3~2+none~1|none~0+none~1|none~0+none~1>2.3"
ONLY_BEFORE = "sep_conv_3x3~0+none~1|none~0+none~1|none~0+none~1|none~0+none~1>2"


def test_a_cell_is_complete_where_every_operation_lies_on_a_path() -> None:
    assert darts(FULL).is_complete()
    assert not darts(UNUSED).is_complete()
    assert not darts(FULL, UNUSED).is_complete()
    assert not darts(DEAD).is_complete()


def test_a_network_is_dead_where_the_images_do_not_reach_the_classifier() -> None:
    assert not darts(FULL).is_dead()
    assert not darts(UNUSED).is_dead()
    assert darts(DEAD).is_dead()
    assert darts(FULL, DEAD, depth=3).is_dead()  # its last two cells reduce
    assert darts(FULL, DEAD, depth=1).is_dead()  # its only cell reduces


def test_a_single_dead_cell_is_bypassed_as_every_cell_reads_the_two_before_it() -> None:
    assert not darts(FULL, DEAD, depth=8).is_dead()  # cells 2 and 5 reduce
    assert darts(FULL, DEAD, depth=4).is_dead()  # cells 1 and 2
    assert not darts(ONLY_BEFORE, FULL, depth=8).is_dead()
    assert darts(ONLY_BEFORE, DEAD, depth=7).is_dead()  # 6 reads only 4, a dead reduction


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a width and depth and two cells"),
        ("w4d6/x", "not a width and depth and two cells"),
        (f"w5d6/{FULL}/{FULL}", "no network of width 5"),
        (f"w4d0/{FULL}/{FULL}", "and depth 0"),
        (f"w4d6/{FULL[:-6]}/{FULL}", "must end with '>'"),
        (f"w4d6/{FULL.replace('max_pool', 'min_pool')}/{FULL}", "unknown operation 'min_pool_3x3'"),
        (f"w4d6/{FULL}/{FULL.replace('_3x3~2', '_3x3~3')}", "node 2 of the reduction cell cannot read state 3"),
        (f"w4d6/{FULL.replace('~2', '2')}/{FULL}", "cannot read 'max_pool_3x32' in node 2 of the normal cell"),
        (f"w4d6/{FULL.replace('|', '+', 1)}/{FULL}", "node 1 of the normal cell has 4 inputs"),
        (f"w4d6/{FULL.replace('|none~0+none~1', '')}/{FULL}", "has 6 operations instead of 8"),
        (f"w4d6/{FULL}/{FULL}.6", "cannot concatenate the states 2, 3, 4, 6"),
        (f"w4d6/{FULL}/{FULL}.4", "cannot concatenate the states 2, 3, 4, 4"),
        (f"w4d6/{FULL}/{FULL}.0", "reduction cell cannot concatenate"),
    ],
)
def test_a_text_that_is_no_architecture_of_cells_is_refused_where_it_fails(text: str, message: str) -> None:
    assert isinstance(DARTS, nds_cell.Family)
    with pytest.raises(UsageError, match=message):
        DARTS.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("res_basic/16k3s1/1x16s1", "unknown block 'res_basic'"),
        ("res_basic_block", "no stem"),
        ("res_basic_block/16", "no stem"),
        ("res_basic_block/16k3s1", "it has no stages"),
        ("res_basic_block/16k3s1/1x16", "cannot read the stage '1x16'"),
        ("res_basic_block/16k3s1/1x16s1b0.5g1", "cannot read the stage"),
        ("res_bottleneck_block/16k3s1/1x16s1", "cannot read the stage"),
        ("res_bottleneck_block/16k3s1/1x16s1b0.5.5g1", r"has no number 0\.5\.5"),
        ("res_bottleneck_block/16k3s1/1x16s1b0.01g1", "cannot split 0 inner channels into 1 groups"),
        ("res_bottleneck_block/16k3s1/1x16s1b0.5g3", "cannot split 8 inner channels into 3 groups"),
        ("double_plain_block/16k3s1/1x16s1", "its blocks are double_plain_block, not res_basic_block or"),
    ],
)
def test_a_text_that_is_no_architecture_of_stages_is_refused_where_it_fails(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        nds_stages.Family((nds_stages.BASIC, nds_stages.BOTTLENECK)).parse(text)


def test_the_spaces_of_the_table_are_registered() -> None:
    assert {name for name in spaces() if name.startswith("nds-")} == {file.space for file in FILES}
    assert len({file.file for file in FILES}) == len(FILES) == 20


@pytest.mark.parametrize("name", ["nds-darts", "nds-resnet"])
def test_without_its_file_a_space_is_empty_and_every_use_says_what_brings_it(name: str) -> None:
    space = find_space(name)
    assert len(space) == 0
    assert space.representatives().tolist() == list(space.keys()) == space.valid().tolist() == []
    assert space.dead().tolist() == []
    assert space.costs("cifar10") == {}
    assert all(len(counts) == 0 for counts in space.operations().values())
    for use in (lambda: space.arch(0), lambda: space.index("0"), lambda: space.sample(3), lambda: space.index("x")):
        with pytest.raises(MissingArchitecturesError, match=f"{name} has no architectures") as caught:
            use()
        assert f"zsbench data import {name}" in caught.value.hint
        assert caught.value.exit_code == 1


def test_a_network_can_be_built_from_its_text_without_the_file() -> None:
    text = "res_basic_block/16k3s1/1x16s1/1x16s2"
    network = find_space("nds-resnet").network(text, "cifar10")
    assert sum(p.numel() for p in network.parameters()) > 0


def test_declaring_the_spaces_reads_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "nowhere"))
    assert [Nds(file).summary for file in FILES]
    assert not (tmp_path / "nowhere").exists()
