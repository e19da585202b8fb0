"""The official files of NAS-Bench-101, from made-up ones in exactly their format: good, broken, and not quite right."""

from __future__ import annotations

import base64
import json
import tracemalloc

import numpy as np
import pytest

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.registry import find_space
from zsbench.spaces.cell101 import parse
from zsbench.spaces.cells101_kept import cells
from zsbench.truths.importing import import_file
from zsbench.truths.nb101_official import read_official
from zsbench.truths.tfrecord import records

SPACE = find_space("nb101")
CHOSEN = (0, 6992, 67_206, 423_623)

pytestmark = pytest.mark.usefixtures("nb101_cells")


def quiet(done, total):
    del done, total


@pytest.fixture
def rows(nb101_file):
    """Return the function that makes the records of some cells, budgets and trainings."""

    def made(indices=CHOSEN, budgets=(108,), trainings=3):
        parameters = SPACE.costs("cifar10")["params"]
        return [
            nb101_file.record(
                cells().cell(index),
                cells().hash(index),
                int(parameters[index]),
                epochs,
                *(nb101_file.accuracy(index, epochs, training, target) for target in ("valid", "test")),
            )
            for epochs in budgets
            for training in range(trainings)
            for index in indices
        ]

    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some_only108.tfrecord"


def test_the_mean_of_three_trainings_is_the_truth_and_all_are_kept(nb101_file, rows, path):
    calls = []
    path = nb101_file.write(path, rows(budgets=(4, 12, 36, 108)))
    columns = {c.target: c for c in read_official(path, lambda done, total: calls.append((done, total)))}
    assert list(columns) == [
        f"{target}{budget}" for budget in ("", "-36ep", "-12ep", "-4ep") for target in ("valid", "test")
    ]
    assert calls == [(path.stat().st_size, path.stat().st_size)]
    for target, column in columns.items():
        word, _, budget = target.partition("-")
        epochs = int(budget.removesuffix("ep") or 108)
        assert column.dataset == "cifar10"
        assert f"after {epochs} epochs" in column.what
        assert ("validation" if word == "valid" else "test") in column.what
        assert np.flatnonzero(np.isfinite(column.values)).tolist() == list(CHOSEN)
        for index in CHOSEN:
            runs = [100 * nb101_file.accuracy(index, epochs, training, word) for training in range(3)]
            np.testing.assert_allclose(column.seeds[index], runs, atol=1e-4)
            np.testing.assert_allclose(column.values[index], np.mean(runs), atol=2e-4)
        images = column.seeds[list(CHOSEN)] * 99.84
        np.testing.assert_allclose(images, np.round(images), atol=6e-3)


def test_an_imported_file_gives_the_plain_targets(nb101_file, rows, path):
    assert SPACE.targets("cifar10") == {}
    imported, _ = import_file(SPACE, nb101_file.write(path, rows(budgets=(12, 108))))
    assert imported.name == "some_only108"
    targets = SPACE.targets("cifar10")
    assert list(targets)[:4] == ["test", "test-12ep", "valid", "valid-12ep"]
    truth = SPACE.truth("cifar10", "test")
    assert "some_only108" in truth.source
    assert truth.seeds.shape == (423_624, 3)


def test_fewer_trainings_are_averaged_as_they_are(nb101_file, rows, path):
    valid, test = read_official(nb101_file.write(path, rows([0], trainings=2)), quiet)
    assert valid.seeds.shape[1] == test.seeds.shape[1] == 2
    assert np.isfinite(valid.values).sum() == 1


def test_a_file_of_an_official_name_must_have_its_checksum(nb101_file, rows, tmp_path):
    path = nb101_file.write(tmp_path / "nasbench_only108.tfrecord", rows())
    with pytest.raises(ZsbenchError, match="truncated or altered") as caught:
        import_file(SPACE, path)
    assert "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1" in caught.value.message
    assert SPACE.targets("cifar10") == {}


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:1500] + b"?" + b[1501:], lambda b: b + b"\0"])
def test_nothing_of_a_damaged_file_is_imported(nb101_file, rows, path, damage):
    nb101_file.write(path, rows())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ZsbenchError, match=r"truncated|damaged"):
        import_file(SPACE, path)
    assert SPACE.targets("cifar10") == {}


def test_an_empty_file_has_no_truth(nb101_file, path):
    with pytest.raises(ZsbenchError, match="has no records"):
        read_official(nb101_file.write(path, []), quiet)


def changed(row, **parts):
    names = ("hash", "epochs", "matrix", "labels", "metrics")
    return [parts.get(name, old) for name, old in zip(names, row, strict=True)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row, file: {"a": 1}, "no list of module hash, epochs, matrix, labels and metrics"),
        (lambda row, file: row[:4], "no list of module hash"),
        (lambda row, file: changed(row, epochs="108"), "no list of module hash"),
        (lambda row, file: changed(row, hash="0" * 32), "no cell has the module hash"),
        (lambda row, file: changed(row, metrics="%%%"), "base64|Only|Invalid"),
        (lambda row, file: changed(row, metrics=row[4][:-8]), "truncated"),
        (lambda row, file: changed(row, metrics=""), "0 evaluations instead of 3"),
        (lambda row, file: changed(row, metrics=file.metrics(1, 36, 0.5, 0.5)), "epoch 36.0 instead of 108"),
        (
            lambda row, file: changed(row, epochs=200, metrics=file.metrics(1, 200, 0.5, 0.5)),
            "trained for 200 epochs, which the benchmark did not",
        ),
        (lambda row, file: changed(row, metrics=file.metrics(1, 108, 94.1, 0.5)), "an accuracy is 94.1: .* fractions"),
        (lambda row, file: changed(row, metrics=file.metrics(1, 108, 0.5, float("nan"))), "an accuracy is nan"),
        (lambda row, file: changed(row, matrix="0110"), "are no cell"),
        (lambda row, file: changed(row, labels="output,input"), "are no cell"),
        (lambda row, file: changed(row, matrix="0" * 49, labels=row[3]), "no path leads from the input"),
        (lambda row, file: changed(row, matrix="1" + row[2][1:]), "not strictly upper triangular"),
        (
            lambda row, file: changed(row, labels=row[3].replace("conv1x1-bn-relu", "conv3x3-bn-relu")),
            "has another module hash than",
        ),
        (
            lambda row, file: changed(row, labels=row[3].replace("conv1x1-bn-relu", "conv5x5")),
            "no operation is called conv5x5",
        ),
    ],
)
def test_a_record_that_is_wrong_is_named(nb101_file, rows, path, change, message):
    (row,) = rows([67_206], trainings=1)
    nb101_file.write(path, [change(row, nb101_file)])
    with pytest.raises(ZsbenchError, match=f"not in the format of NAS-Bench-101: record 1: .*({message})"):
        read_official(path, quiet)


def test_text_that_is_no_json_is_named(nb101_file, path):
    path.write_bytes(nb101_file.framed(b"\xff\xfe[") * 2)
    with pytest.raises(ZsbenchError, match="record 1: "):
        read_official(path, quiet)


def test_a_fourth_training_is_one_too_many(nb101_file, rows, path):
    with pytest.raises(ZsbenchError, match="record 4: more than 3 trainings of 00005c142e6f48ac74fdcf73e3439874"):
        read_official(nb101_file.write(path, rows([0], trainings=4)), quiet)


def test_per_mille_cannot_pass_for_fractions(nb101_file, rows, path):
    (row,) = rows([0], trainings=1)
    row[4] = nb101_file.metrics(8_555_530, 108, 0.0093, 0.0091)
    with pytest.raises(ZsbenchError, match="no accuracies in per cent"):
        read_official(nb101_file.write(path, [row]), quiet)


def test_other_parameters_are_counted_and_warned_of(nb101_file, rows, path):
    made = rows()
    for row in made[:2]:
        row[4] = nb101_file.metrics(17, 108, 0.9, 0.9)
    with pytest.warns(ZsbenchWarning, match="states other parameters .* for 2 cells, such as 0;"):
        read_official(nb101_file.write(path, made), quiet)


def test_another_order_of_vertices_is_warned_of(nb101_file, path):
    text = "conv1x1~0+conv3x3~0+maxpool3x3~0+output~123"
    index = SPACE.index(text)
    parameters = int(SPACE.costs("cifar10")["params"][index])
    row = nb101_file.record(parse(text), SPACE.facts(index)["hash"], parameters, 108, 0.9, 0.9)
    with pytest.warns(ZsbenchWarning, match="states another order of vertices"):
        read_official(nb101_file.write(path, [row]), quiet)


def test_unknown_fields_of_a_message_are_left_out(nb101_file, rows, path):
    (row,) = rows([0], trainings=1)
    more = base64.b64decode(row[4]) + b"\x9a\x06\x02hi" + b"\xa0\x06\x07"
    row[4] = base64.b64encode(more).decode()
    assert len(read_official(nb101_file.write(path, [row]), quiet)) == 2


def test_records_are_read_one_at_a_time(nb101_file, rows, path):
    SPACE.costs("cifar10")
    (row,) = rows([0], trainings=1)
    row.append("x" * 200_000)
    nb101_file.write(path, [])
    frame = nb101_file.framed(json.dumps(row).encode())
    with path.open("wb") as file:
        for _ in range(50):
            file.write(frame)
    tracemalloc.start()
    try:
        assert sum(1 for _ in records(path)) == 50
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * len(frame)
