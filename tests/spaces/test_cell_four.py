"""Which cells of four nodes are equal networks, against a search through all renamings of their operations."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from zsbench.registry import find_space
from zsbench.spaces import cell201
from zsbench.spaces.cell_four import EDGES, equal_networks

DRAWN = 60
"""Isomorphism classes, of several cells each, that the search goes through: a tenth of a second each."""
INPUT = "input"


def graph(cell, passes, *, loose_ends):
    """Return by edge (operation, what it adds up), and what the output does, with edges as names of operations."""
    sums = [Counter({INPUT: 1}), Counter(), Counter(), Counter()]
    reads = {}
    for edge, (source, target) in enumerate(EDGES):
        if cell[edge] == 0 or (not loose_ends and not sums[source]):
            continue
        if passes[edge] and cell[edge] == 1:
            sums[target] += sums[source]
        else:
            reads[edge] = (cell[edge], +sums[source])
            sums[target][edge] += 1
    return (reads if loose_ends else used(reads, sums[3])), sums[3]


def used(reads, output):
    found, waiting = {}, [edge for edge in output if edge != INPUT]
    while waiting:
        edge = waiting.pop()
        found[edge] = reads[edge]
        waiting += [other for other in reads[edge][1] if other != INPUT]
    return found


def are_equal(first, second):
    """Return whether some renaming of the operations turns one graph into the other."""
    (reads, output), (others, aim) = first, second
    if Counter(kind for kind, _ in reads.values()) != Counter(kind for kind, _ in others.values()):
        return False
    for names in itertools.permutations(others):
        new = dict(zip(reads, names, strict=True)) | {INPUT: INPUT}
        renamed = {new[edge]: (kind, Counter({new[e]: n for e, n in of.items()})) for edge, (kind, of) in reads.items()}
        if renamed == others and Counter({new[edge]: n for edge, n in output.items()}) == aim:
            return True
    return False


@pytest.fixture(scope="module")
def drawn():
    """Indices of all cells of some isomorphism classes of nb201."""
    classes = find_space("nb201").representatives()
    several = np.flatnonzero(np.bincount(classes) > 1)
    small = several[np.bincount(classes)[several] < 9]
    chosen = np.random.default_rng(2).choice(small, DRAWN, replace=False)
    return [np.flatnonzero(classes == one) for one in chosen]


@pytest.mark.parametrize("loose_ends", [False, True])
@pytest.mark.parametrize("passes", [(True,) * 6, (False, False, True, False, True, True)], ids=["kept", "strided"])
def test_equal_are_those_that_a_renaming_makes_equal(drawn, passes, loose_ends):
    found = []
    for members in drawn:
        cells = cell201.all_digits()[members]
        alike = equal_networks(cells, (cells == 1) & passes, loose_ends=loose_ends)
        graphs = [graph(cell, passes, loose_ends=loose_ends) for cell in cells.tolist()]
        for one, other in itertools.combinations(range(len(members)), 2):
            found.append(are_equal(graphs[one], graphs[other]))
            assert (alike[one] == alike[other]) == found[-1], cells[[one, other]]
    assert any(found)
    assert not all(found)


def test_a_convolution_used_twice_is_not_two():
    once, twice = (3, 0, 1, 0, 3, 2), (3, 3, 0, 0, 3, 2)
    cells = np.array([once, twice])
    alike = equal_networks(cells, cells == 1, loose_ends=False)
    assert alike[0] != alike[1]


def test_order_of_nodes_and_of_terms_does_not_matter():
    cells = np.array([(3, 2, 0, 0, 4, 3), (2, 3, 0, 0, 3, 4)])
    alike = equal_networks(cells, cells == 1, loose_ends=True)
    assert alike[0] == alike[1]


@pytest.mark.parametrize("cell", [(3, 0, 0, 2, 3, 3), (3, 3, 2, 2, 3, 0)], ids=["reads zeros", "is read by nothing"])
def test_a_loose_end_counts_where_it_is_to(cell):
    cells = np.array([(3, 0, 0, 2, 3, 0), cell])
    functions = equal_networks(cells, cells == 1, loose_ends=False)
    networks = equal_networks(cells, cells == 1, loose_ends=True)
    assert functions[0] == functions[1]
    assert networks[0] != networks[1]


@pytest.mark.parametrize("name", ["nb201", "transnas-micro"])
def test_equal_networks_compute_the_same(name):
    space = find_space(name)
    functions, networks = (space.twins(loose_ends=loose_ends) for loose_ends in (False, True))
    assert np.array_equal(functions[networks], functions)
    assert np.all(functions <= np.arange(len(space)))
    assert np.array_equal(functions[functions], functions)


def test_cells_of_nb201_are_so_many_networks():
    assert len(np.unique(cell201.twins(loose_ends=True))) == 8_050
    assert len(np.unique(cell201.twins(loose_ends=False))) == 5_425
