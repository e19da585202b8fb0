"""The pickles of zero-cost-nas: files in its format, one pickle after another, and what can be wrong with one."""

from __future__ import annotations

import math
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.exchange.zero_cost_nas import read
from zsbench.registry import find_space
from zsbench.score import Status

NB201 = find_space("nb201")
NAME = "nb2_cf10_seed42_dlrandom_dlinfo1_initwnone_initbnone.p"


def record(index=0, **more):
    measures = {"grad_norm": 6.5, "synflow": np.float64(48.1), "jacob_cov": np.float32(-32.5)}
    accuracies = {"trainacc": 99.5, "valacc": 84.2, "testacc": np.float64(83.9)}
    return {"i": index, "arch": NB201.arch(index), "logmeasures": measures, **accuracies} | more


def save(tmp_path: Path, *records, name=NAME) -> Path:
    path = tmp_path / name
    path.write_bytes(b"".join(pickle.dumps(one, protocol=3) for one in records))
    return path


@pytest.mark.parametrize(
    ("name", "dataset"),
    [(NAME, "cifar10"), ("nb2_cf100_seed42.p", "cifar100"), ("nb2_im120_seed42.p", "ImageNet16-120")],
)
def test_every_pickle_of_a_file_is_a_network_of_the_dataset_in_its_name(tmp_path, name, dataset):
    found = read(save(tmp_path, record(0), record(5), name=name))
    assert found.space is NB201
    assert {key: score.value for key, score in found.scores[dataset].items()} == {
        (index, proxy): value
        for index in (0, 5)
        for proxy, value in {"grad_norm": 6.5, "synflow": 48.1, "jacob_cov": -32.5}.items()
    }
    assert found.accuracies == {(dataset, "valacc"): {0: 84.2, 5: 84.2}, (dataset, "testacc"): {0: 83.9, 5: 83.9}}


def test_the_last_of_networks_that_were_appended_again_counts(tmp_path):
    again = record(0, logmeasures={"synflow": 2.0})
    found = read(save(tmp_path, record(0), record(1), again))
    assert {key: score.value for key, score in found.scores["cifar10"].items() if key[0] == 0} == {(0, "synflow"): 2.0}
    assert found.remarks == ["1 networks were appended again: the last scores of each count"]


def test_scores_that_are_no_numbers_are_statuses(tmp_path):
    measures = {"jacob_cov": np.nan, "grasp": np.inf, "fisher": np.complex128(1 + 2j), "snip": np.complex128(3)}
    scores = read(save(tmp_path, record(logmeasures=measures))).scores["cifar10"]
    statuses = {proxy: score.status for (_, proxy), score in scores.items()}
    assert statuses == {"jacob_cov": Status.NAN, "grasp": Status.INF, "fisher": Status.FAILED, "snip": Status.OK}
    assert scores[0, "snip"].value == 3
    assert math.isnan(scores[0, "fisher"].value)


@pytest.mark.usefixtures("nb101_cells")
def test_networks_of_nas_bench_101_go_by_their_hash(tmp_path):
    hashes = find_space("nb101").keys()
    found = read(save(tmp_path, {"hash": hashes[9], "logmeasures": {"snip": 1.5}}, name="nb1_cf10.p"))
    assert (found.space.name, list(found.scores["cifar10"])) == ("nb101", [(9, "snip")])
    assert found.accuracies == {}


def test_a_list_of_hand_made_networks_has_errors_which_are_left_out(tmp_path):
    zoo = find_space("zoo-imagenet")
    name = zoo.arch(3)
    found = read(save(tmp_path, [{"name": name, "logmeasures": {"snip": 1.5}, "valacc": 30.2}], name="ptcv.p"))
    assert (found.space.name, list(found.scores[zoo.datasets[0].name])) == ("zoo-imagenet", [(3, "snip")])
    assert found.accuracies == {}


def test_a_name_without_a_dataset_asks_for_it(tmp_path):
    path = save(tmp_path, record(), name="mine.p")
    with pytest.raises(UsageError, match="which dataset are the scores in mine"):
        read(path)
    assert set(read(path, dataset="cifar100").scores) == {"cifar100"}


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


BAD = {
    "network 2 has unknown fields: colour": (record(0), record(1, colour="red")),
    "no dictionary with logmeasures": ({"i": 0, "arch": NB201.arch(0)},),
    "network 1 names no network: none of hash, i, name": ({"logmeasures": {"snip": 1}},),
    "network 1 is number 0 and": (record(0, arch=NB201.arch(1)),),
    "network 1: 15625 is no architecture of nb201": ({"i": 15625, "logmeasures": {"snip": 1}},),
    "network 1: 'fast' is no number": (record(0, logmeasures={"snip": "fast"}),),
    "network 1: 840.0 is not in the range": (record(0, valacc=840.0),),
    "network 2 is named otherwise than the first": (record(0), {"hash": "0" * 32, "logmeasures": {"snip": 1}}),
    "asks for posix.system": (Evil(),),
    "is empty": (),
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_file_is_one_line_with_a_hint(tmp_path, message):
    with pytest.raises(ZsbenchError) as caught:
        read(save(tmp_path, *BAD[message]))
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 1


def test_a_truncated_file_is_said_to_be_one(tmp_path):
    path = save(tmp_path, record(0), record(1))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ZsbenchError, match="is truncated or no file of pickles: number 2"):
        read(path)
