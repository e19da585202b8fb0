"""One cell of NAS-Bench-101: notations, pruning, module hash, held against the package nasbench_pytorch."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nasbench_pytorch.model import ModelSpec
from nasbench_pytorch.model.graph_util import hash_module

from zsbench.errors import UsageError
from zsbench.spaces.cell101 import EXAMPLE, OFFICIAL, Cell, module_hash, parse, prune, to_tuple

HASHES = {
    "output~0": "043721b9c7fe8c5fad811d47d83132ec",
    "maxpool3x3~0+output~1": "53cee42601ad14d661bb6878031d6acb",
    "conv1x1~0+output~1": "d1269d9156ddc027c40473008192958a",
    "conv3x3~0+output~1": "b49ac8c578b4561d79ac7087988f1c61",
    "conv3x3~0+conv3x3~1+output~2": "852f21047c2aa03cb1fde04587083228",
    "conv3x3~0+conv3x3~1+output~02": "b5fb4f6193360330b6ff6a52cbf0cad7",
    "conv1x1~0+conv1x1~1+conv1x1~2+conv1x1~3+conv1x1~4+output~5": "f7f0e45d0ca871370dbd782062ad03ab",
    "conv3x3~0+conv3x3~1+conv3x3~2+conv3x3~3+conv3x3~4+output~5": "b3bc0991ac661443a583796ce582f11f",
    "conv3x3~0+conv3x3~1+conv3x3~2+conv3x3~3+conv3x3~4+output~05": "fbc87b1472f308678e69290c6dbd2a2b",
    "conv3x3~0+conv3x3~01+output~012": "38e55ad9ee9194f5392fcccb3e54a4c3",
    "conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245": "28cfc7874f6d200472e1a9dcd8650aa0",
    "conv3x3~0+maxpool3x3~1+conv3x3~2+conv3x3~0+conv1x1~034+output~25": "00005c142e6f48ac74fdcf73e3439874",
}


@st.composite
def graphs(draw, most=7):
    """Draw any cell of 2 to `most` vertices: with loose ends, too many edges, without a path."""
    vertices = draw(st.integers(2, most))
    operations = draw(st.tuples(*[st.integers(0, 2)] * (vertices - 2)))
    edges = [edge for edge in itertools.combinations(range(vertices), 2) if draw(st.booleans())]
    return Cell(operations, tuple(edges))


@st.composite
def cells(draw):
    """Draw a cell of the benchmark."""
    graph = draw(graphs())
    try:
        return prune(graph)
    except UsageError:
        assume(False)


@pytest.mark.parametrize(("text", "expected"), HASHES.items())
def test_module_hashes_are_the_published_ones(text, expected):
    assert module_hash(parse(text)) == expected
    assert str(parse(text)) == text


@settings(max_examples=60, deadline=None)
@given(cells())
def test_the_module_hash_is_that_of_nasbench_pytorch(cell):
    assert module_hash(cell) == hash_module(np.array(cell.matrix()), [-1, *cell.operations, -2])


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_pruning_leaves_what_nasbench_pytorch_leaves(graph):
    try:
        spec = ModelSpec(np.array(graph.matrix()), graph.labels())
    except RuntimeError:  # what it makes of a cell without a path
        with pytest.raises(UsageError, match="no path leads from the input to the output"):
            prune(graph)
        return
    if spec.matrix.sum() > 9:
        with pytest.raises(UsageError, match="edges that matter") as caught:
            prune(graph)
        assert "at most 7 and 9" in caught.value.hint
    else:
        pruned = prune(graph)
        assert (pruned.matrix(), pruned.labels()) == (spec.matrix.tolist(), spec.ops)
        assert prune(pruned) == pruned


@settings(max_examples=60, deadline=None)
@given(cells(), st.randoms())
def test_the_order_of_vertices_does_not_change_the_hash(cell, random):
    order = list(range(1, cell.vertices - 1))
    random.shuffle(order)
    place = {0: 0, cell.vertices - 1: cell.vertices - 1} | {old: new for new, old in enumerate(order, start=1)}
    edges = tuple(sorted((place[s], place[t]) for s, t in cell.edges))
    assume(all(s < t for s, t in edges))
    assert module_hash(Cell(tuple(cell.operations[old - 1] for old in order), edges)) == module_hash(cell)


@settings(max_examples=100, deadline=None)
@given(cells())
def test_notations_round_trip(cell):
    assert parse(str(cell)) == cell
    assert prune(parse(to_tuple(cell))) == cell
    assert to_tuple(cell).count(",") == 55
    long = str(cell).replace("conv1x1", OFFICIAL[1]).replace("conv3x3", OFFICIAL[0])
    assert parse(f" {long} ") == cell


@settings(max_examples=100, deadline=None)
@given(graphs(most=9))
def test_a_graph_beyond_the_limits_can_be_written(graph):
    assert parse(str(graph)) == graph


def test_vertices_that_do_not_matter_do_not_count_for_the_limits():
    wide = "conv3x3~0+" * 7 + "conv1x1~0+output~8"
    assert str(prune(parse(wide))) == "conv1x1~0+output~1"
    with pytest.raises(UsageError, match="8 vertices and 7 edges that matter"):
        prune(parse("conv3x3~0+conv3x3~1+conv3x3~2+conv3x3~3+conv3x3~4+conv3x3~5+output~6"))


def test_the_tuple_is_that_of_naslib():
    text = (
        "(0, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, "
        "0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 4, 4, 2, 1)"
    )
    cell = parse("conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245")
    assert parse(text) == cell
    assert to_tuple(cell) == text
    assert parse("[0, 1, 0, 0, 0, 1]") == parse("output~0")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "cannot read '' as an architecture", EXAMPLE),
        ("conv3x3", "cannot read 'conv3x3' as an architecture", "module hash"),
        ("conv3x3~0+output", "at character 11: 'output'", EXAMPLE),
        ("conv5x5~0+output~1", "there is no such operation, at character 1: 'conv5x5'", "conv"),
        ("conv3x3~0+conv3x3~1", "the last vertex must be the output, at character 11: 'conv3x3'", EXAMPLE),
        ("output~0+output~1", "there is no such operation, at character 1: 'output'", ""),
        ("conv3x3~0+output~2", "vertex 2 can be fed by vertices 0 to 1, by each once, at character 18: '2'", ""),
        ("conv3x3~00+output~1", "by each once, at character 9: '00'", ""),
        ("conv3x3~x+output~1", "at character 9: 'x'", ""),
        ("(0, 1, 0", "does not end with", ""),
        ("(0, 1, 0)", "has 3 numbers", "56"),
        ("(0, 2, 0, 0, 0, 1)", "number 2 of the tuple .* is '2'", "0 input"),
        ("(0, 1, 0, 0, 0, 2)", "must begin with 0 and end with 1", "NASLib"),
        ("(0, 1, 1, 0, 0, 1)", "not strictly upper triangular", ""),
    ],
)
def test_what_cannot_be_read_is_quoted_with_its_place(text, message, hint):
    with pytest.raises(UsageError, match=message) as caught:
        parse(text)
    assert hint in caught.value.hint


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(UsageError):  # anything else would be a bug
        assert parse(text).vertices > 1
