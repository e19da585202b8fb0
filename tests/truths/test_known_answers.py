from __future__ import annotations

import csv

import numpy as np
import pytest

from zsbench.paths import packaged
from zsbench.registry import find_space, spaces
from zsbench.truths.known_answers import answered, known_answers


def rows():
    with (packaged("data") / "known_answers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("nb101_cells_for_others")
def test_every_known_answer_is_of_a_dataset_and_an_architecture_that_exist():
    for row in rows():
        for name in row["space"].split():
            assert name in spaces()
            space = find_space(name)
            space.dataset(row["dataset"])
            if row["of"] not in {"highest", "mean"}:
                assert 0 <= space.index(row["of"]) < len(space)
        assert np.isfinite(float(row["value"]))


def test_the_embedded_accuracies_have_every_known_answer():
    space = find_space("nb201")
    for dataset in ("cifar10", "cifar100", "ImageNet16-120"):
        found = answered(space, dataset, "valid", space.truth(dataset, "valid").values)
        assert (found.passed, found.different) == (2, ())


def test_what_a_column_does_not_know_is_not_asked():
    space = find_space("nb201")
    values = np.full(len(space), np.nan)
    assert not str(answered(space, "cifar10", "test", values))
    values[0] = 85.8633
    assert str(answered(space, "cifar10", "test", values)) == "1 of 1"
    assert not answered(space, "cifar10", "nothing is known of it", values).known


def test_as_many_decimals_count_as_are_printed():
    (answer,) = [a for a in known_answers("nb201") if (a.column, a.of, a.text) == ("test-12ep", "0", "69.55")]
    assert answer.holds(69.5549)
    assert answer.holds(69.56)
    assert not answer.holds(69.57)
