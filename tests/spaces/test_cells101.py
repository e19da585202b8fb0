"""All cells of NAS-Bench-101: the enumeration and its shortcuts, what is kept of it, and costs in closed form."""

from __future__ import annotations

import hashlib
import itertools
import logging

import numpy as np
import pytest
import torch
from nasbench_pytorch.model.graph_util import gen_is_edge_fn, is_full_dag
from nasbench_pytorch.model.model import compute_vertex_channels

from zsbench.evidence import Structure
from zsbench.networks.nasbench101 import cell_network
from zsbench.probes.static import measure_structure
from zsbench.spaces import cell101, cells101, cells101_costs, cells101_kept
from zsbench.spaces.cell101_md5 import AT_ONCE, digests
from zsbench.spaces.cells101_hash import module_hashes


@pytest.fixture(scope="module")
def kept(nb101_cells):
    return cells101_kept.read(nb101_cells)


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 117, 119, 120, 252])
def test_md5_of_many_messages_is_that_of_each(length):
    messages = np.random.default_rng(length).integers(0, 256, (7, length), dtype=np.uint8)
    expected = [hashlib.md5(message.tobytes()).digest() for message in messages]
    assert [found.tobytes() for found in digests(messages)] == expected


def test_md5_of_more_messages_than_are_worked_on_at_a_time():
    messages = np.arange(2 * AT_ONCE + 3, dtype="<u4").view(np.uint8).reshape(-1, 4)
    found = digests(messages)
    for row in (0, AT_ONCE - 1, AT_ONCE, len(messages) - 1):
        assert found[row].tobytes() == hashlib.md5(messages[row].tobytes()).digest()


@pytest.mark.parametrize("vertices", [2, 3, 4, 5])
def test_edge_masks_are_those_without_loose_ends(vertices):
    def matrix(mask):
        return np.fromfunction(gen_is_edge_fn(mask), (vertices, vertices), dtype=np.int8)

    every = range(2 ** (vertices * (vertices - 1) // 2))
    fitting = [mask for mask in every if matrix(mask).sum() <= 9 and is_full_dag(matrix(mask))]
    assert cells101.masks_of(vertices).tolist() == fitting
    assert cells101.matrices_of(cells101.masks_of(vertices), vertices)[-1].tolist() == matrix(fitting[-1]).tolist()


def brute_force(vertices):
    """Return hash -> the first cell met, as the authors enumerate."""
    first = {}
    for mask in cells101.masks_of(vertices).tolist():
        edges = sorted((x, y) for y in range(vertices) for x in range(y) if mask >> (x + y * (y - 1) // 2) & 1)
        for operations in itertools.product(range(3), repeat=vertices - 2):
            cell = cell101.Cell(operations, tuple(edges))
            first.setdefault(cell101.module_hash(cell), cell)
    return first


def test_cells_are_the_first_met_with_a_hash(kept):
    expected = {key: cell for vertices in range(2, 6) for key, cell in brute_force(vertices).items()}
    assert len(expected) == 2532
    for key, cell in expected.items():
        assert kept.cell(kept.find(key)) == cell


def test_hashes_of_many_graphs_are_those_of_each():
    masks = cells101.masks_of(7)[::700]
    labels = np.array([[-1, 0, 1, 2, 1, 0, -2], [-1, 2, 2, 2, 2, 2, -2]])
    found = module_hashes(cells101.matrices_of(masks, 7), labels)
    cells = [
        cells101.decode(7 << 29 | int("".join(map(str, row[1:-1])), 3) << 21 | mask)
        for mask in masks.tolist()
        for row in labels.tolist()
    ]
    assert [one.tobytes().hex() for one in found] == [cell101.module_hash(cell) for cell in cells]


def test_there_are_as_many_cells_as_the_authors_found(kept):
    vertices = kept.codes >> 29
    assert np.bincount(vertices).tolist() == [0, 0, 1, 6, 84, 2441, 62010, 359082]
    edges = np.bitwise_count(kept.codes & np.uint32(0x1FFFFF))
    assert np.bincount(edges).tolist() == [0, 1, 3, 12, 60, 339, 2134, 13984, 78822, 328269]
    assert (kept.hash(0), kept.hash(cells101.SIZE - 1)) == (
        "00005c142e6f48ac74fdcf73e3439874",
        "ffff76fafa7b0cdf545fd7feee9c8bf9",
    )
    joined = "\n".join(sorted(kept.all_hashes())).encode()
    assert hashlib.sha256(joined).hexdigest() == cells101.HASHES_SHA256


def test_every_cell_has_its_hash_and_is_found_by_it(kept):
    for index in np.random.default_rng(0).integers(0, cells101.SIZE, 100).tolist():
        cell = kept.cell(index)
        assert cell101.prune(cell) == cell
        assert cell101.module_hash(cell) == kept.hash(index)
        assert kept.find(kept.hash(index)) == index
    assert kept.find("0" * 32) is None
    assert kept.find("f" * 32) is None


@pytest.fixture
def at_first_use(kept, monkeypatch):
    """Return a function that does what the first use in a process does, the enumeration replaced by its result."""
    made = []

    def generate(progress):
        progress(1, 2)
        made.append(kept)
        return kept

    monkeypatch.setattr(cells101_kept, "generate", generate)
    return lambda: (cells101_kept.cells.__wrapped__(), made)


@pytest.fixture
def said(monkeypatch):
    """What is logged, once, whatever an earlier test's command line did to the logger."""
    messages = []

    class Listening(logging.Handler):
        def emit(self, record):
            messages.append(record.getMessage())

    log = logging.getLogger("zsbench")
    monkeypatch.setattr(log, "handlers", [Listening()])
    monkeypatch.setattr(log, "level", logging.INFO)
    monkeypatch.setattr(log, "propagate", False)
    log.manager._clear_cache()
    return messages


def test_cells_are_generated_once_and_kept(at_first_use, tmp_path, monkeypatch, said):
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path))
    monkeypatch.setattr(cells101_kept, "QUIET", 0.0)
    at_first_use()
    assert "generating the 423,624 cells of NAS-Bench-101" in said[0]
    assert said[1:] == ["generating cells: 50%", f"wrote {tmp_path / 'nb101' / 'cells.npz'}"]
    said.clear()
    again, made = at_first_use()
    assert said == []
    assert len(made) == 1
    assert again.are_right()
    assert [path.name for path in (tmp_path / "nb101").iterdir()] == ["cells.npz"]


@pytest.mark.parametrize("damage", [lambda b: b[:1000], lambda b: b[:-1], lambda b: b"", lambda b: b"no archive"])
def test_a_damaged_file_is_made_anew(at_first_use, nb101_cells, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path))
    path = tmp_path / "nb101" / "cells.npz"
    path.parent.mkdir()
    path.write_bytes(damage(nb101_cells.read_bytes()))
    _, made = at_first_use()
    assert len(made) == 1
    assert cells101_kept.read(path).are_right()


@pytest.mark.parametrize("name", ["hashes", "codes"])
def test_an_altered_file_is_made_anew(at_first_use, kept, tmp_path, monkeypatch, name):
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path))
    arrays = {"hashes": kept.hashes.copy(), "codes": kept.codes.copy()}
    arrays[name][123456] ^= 1
    (tmp_path / "nb101").mkdir()
    np.savez(tmp_path / "nb101" / "cells.npz", **arrays)
    assert len(at_first_use()[1]) == 1


def test_where_nothing_can_be_written_the_cells_are_there_all_the_same(at_first_use, tmp_path, monkeypatch, said):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "file"))
    assert at_first_use()[0].are_right()
    assert any("can't be kept" in message for message in said)


def test_a_wrong_enumeration_is_noticed(at_first_use, kept, tmp_path, monkeypatch):
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path))
    wrong = cells101.Cells(kept.hashes, kept.codes[::-1])
    monkeypatch.setattr(cells101_kept, "generate", lambda _: wrong)
    with pytest.raises(cells101_kept.ZsbenchError, match="not those of NAS-Bench-101"):
        at_first_use()
    assert not (tmp_path / "nb101").exists()


@pytest.mark.parametrize("channels", [128, 256, 512])
def test_interior_widths_are_those_of_nasbench_pytorch(channels):
    matrices = cells101.matrices_of(cells101.masks_of(7)[::60], 7)
    expected = [compute_vertex_channels(64, channels, matrix.astype(int))[1:-1] for matrix in matrices]
    assert cells101_costs.interior_widths(matrices, channels).tolist() == expected


BUILT = [
    "output~0",
    "maxpool3x3~0+output~01",
    "conv1x1~0+conv3x3~0+conv1x1~12+output~0123",
    "conv1x1~0+conv3x3~0+conv3x3~0+conv3x3~3+maxpool3x3~0+output~1245",
    "conv1x1~0+conv1x1~0+maxpool3x3~1+maxpool3x3~12+conv1x1~34+output~05",
]


class OneImage:
    def __init__(self, network):
        self.network = network

    def batch(self, size):
        return torch.rand(size, 3, 32, 32), torch.zeros(size, dtype=torch.long)


@pytest.mark.parametrize("text", BUILT)
@pytest.mark.usefixtures("nb101_cells")
def test_costs_in_closed_form_are_those_of_the_network(text):
    index = cells101_kept.cells().find(cell101.module_hash(cell101.parse(text)))
    cell = cells101_kept.cells().cell(index)
    counts = measure_structure(Structure(), OneImage(cell_network(cell.matrix(), cell.labels(), 10)))
    costs = {name: int(values[index]) for name, values in cells101_costs.costs(10).items()}
    assert costs["params"] == counts.parameters
    assert costs["flops"] == counts.conv_linear_macs
    assert costs["flops_all"] == counts.conv_linear_macs + counts.other_operations


def deepest(cell, vertex=0):
    if vertex == cell.vertices - 1:
        return 0
    own = vertex > 0 and cell101.OPERATIONS[cell.operations[vertex - 1]] != "maxpool3x3"
    projected = vertex == 0
    return own + projected + max(deepest(cell, target) for target in cell.targets(vertex))


def test_depth_counts_the_convolutions_of_the_longest_path(kept):
    depth = cells101_costs.costs(10)["depth"]
    for index in range(0, cells101.SIZE, 4000):
        assert depth[index] == deepest(kept.cell(index))


def test_operations_are_counted_at_every_vertex(kept):
    counts = cells101_costs.operation_counts()
    for index in range(0, cells101.SIZE, 4000):
        written = str(kept.cell(index))
        assert [written.count(name) for name in counts] == [int(of[index]) for of in counts.values()]
    assert [int(of.sum()) for of in counts.values()] == [683_649] * 3  # each operation may stand for any other
