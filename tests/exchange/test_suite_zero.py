"""The JSON of NAS-Bench-Suite-Zero: files in its format, current and early, and what can be wrong with one."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.exchange.suite_zero import is_suite_zero, read
from zsbench.registry import find_space
from zsbench.score import Status

NB201 = find_space("nb201")
FIRST, SECOND = "(4, 3, 3, 0, 0, 0)", "(1, 0, 2, 2, 2, 1)"


def entry(key=FIRST, **more):
    scores = {"synflow": {"score": 47.36, "time": 0.5}, "nwot": {"score": 372.8, "time": 0.25}}
    return {"idx": "471", "arch": key, **scores, "val_accuracy": 88.26} | more


def save(tmp_path: Path, content, name="zc_nasbench201.json") -> Path:
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def one(**more):
    return {"cifar10": {FIRST: entry(**more)}}


@pytest.mark.parametrize("name", ["zc_nasbench201.json", "ZC_NASBench201.json.gz", "my_nb201_scores.json"])
def test_scores_times_and_accuracies_are_read_under_our_names(tmp_path, name):
    content = {"cifar10": {FIRST: entry(), SECOND: entry(SECOND)}, "ImageNet16-120": {FIRST: entry()}}
    found = read(save(tmp_path, content, name))
    assert found.space is NB201
    assert set(found.scores) == {"cifar10", "ImageNet16-120"}
    assert set(found.scores["cifar10"]) == {
        (index, proxy) for index in (0, NB201.index(SECOND)) for proxy in ("synflow", "naswot")
    }
    synflow = found.scores["cifar10"][0, "synflow"]
    assert (synflow.arch, synflow.value, synflow.seconds, synflow.status) == (NB201.arch(0), 47.36, 0.5, Status.OK)
    assert found.accuracies["cifar10", "val_accuracy"] == {0: 88.26, NB201.index(SECOND): 88.26}
    assert found.total == 6


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("-100000000.0", Status.FAILED, "-1e+08, which stands for a failure"),
        ("-1e8", Status.FAILED, "-1e+08"),
        ("-Infinity", Status.INF, "the file has -inf"),
        ("Infinity", Status.INF, "the file has inf"),
        ("NaN", Status.NAN, "no number"),
        ("null", Status.FAILED, "no value"),
    ],
)
def test_what_stands_for_no_score_is_a_status_and_never_a_number(tmp_path, text, status, reason):
    content = json.dumps(one(epe_nas={"score": "HERE", "time": 1})).replace('"HERE"', text)
    score = read(save(tmp_path, content)).scores["cifar10"][0, "epe_nas"]
    assert score.status is status
    assert math.isnan(score.value)
    assert reason in score.reason


@pytest.mark.usefixtures("nb101_cells")
def test_the_early_form_has_bare_numbers_and_its_own_outermost_name(tmp_path):
    cell = find_space("nb101").exchange_key(7)
    entry = {"synflow": 79.1, "params": 1.749, "jacov": -32.2, "val_accuracy": 92.47}
    found = read(save(tmp_path, {"nasbench101": {"cifar10": {cell: entry}}}, "some.json"))
    assert found.space.name == "nb101"
    assert {proxy: score.value for (_, proxy), score in found.scores["cifar10"].items()} == {
        "synflow": 79.1,
        "params": 1.749,
        "jacob_cov": -32.2,
    }
    assert all(math.isnan(score.seconds) for score in found.scores["cifar10"].values())


@pytest.mark.usefixtures("nb101_cells")
def test_the_first_of_isomorphic_cells_counts_and_the_others_are_counted(tmp_path):
    space = find_space("nb101")
    text = space.exchange_key(space.index("conv3x3~0+output~1"))
    numbers = text.strip("()").split(", ")
    idle = numbers.copy()
    idle[49 + 2] = "4"  # an operation that nothing feeds: pruned away
    twin = f"({', '.join(idle)})"
    assert (twin != text, space.index(twin)) == (True, space.index(text))
    found = read(save(tmp_path, {"cifar10": {text: {"synflow": 1.0}, twin: {"synflow": 2.0}}}), space)
    assert [score.value for score in found.scores["cifar10"].values()] == [1.0]
    assert found.remarks == ["1 entries of cifar10 are isomorphic to an earlier one, which counts"]


def test_datasets_that_no_space_has_are_left_out_and_said(tmp_path):
    found = read(save(tmp_path, one() | {"ninapro": {FIRST: entry()}}))
    assert set(found.scores) == {"cifar10"}
    assert found.remarks == ["1 networks of ninapro are left out: nb201 has no such dataset"]


def test_equal_doubles_are_one(tmp_path):
    text = json.dumps(entry())
    found = read(save(tmp_path, f'{{"cifar10": {{"{FIRST}": {text}, "{FIRST}": {text}, "(4,3,3,0,0,0)": {text}}}}}'))
    assert found.total == 2
    assert found.remarks == []


ENTRY = json.dumps(entry())
OTHER = json.dumps(entry(synflow={"score": 1, "time": 0.5}))
BAD = {
    "the field 'colour' is unknown": one(colour="red"),
    "the field 'test_accuracy' is unknown: no score": one(test_accuracy=91.0),
    "the field 'snip' is unknown: it holds score, time, seed": one(snip={"score": 1, "time": 1, "seed": 1}),
    "'fast' is no number": one(snip={"score": "fast", "time": 1}),
    "val_accuracy 'high' is no number": one(val_accuracy="high"),
    "882.6 is not in the range of accuracies in per cent": one(val_accuracy=882.6),
    "(4, 3, 3, 0, 0, 9) is no architecture of nb201": {"cifar10": {"(4, 3, 3, 0, 0, 9)": entry()}},
    "says that it is (1, 0, 2, 2, 2, 1)": one(arch=SECOND),
    "unknown dataset of nb201 'cifar11'": {"cifar11": {FIRST: entry()}},
    "holds no scores but 5": {"cifar10": {FIRST: 5}},
    "'cifar10' holds no architectures": {"cifar10": [entry()]},
    "holds no scores": {"cifar10": {}},
    "no object of datasets": "{}",
    "is truncated or no JSON": json.dumps(one())[:-9],
    "has (4, 3, 3, 0, 0, 0) twice, with different values": f'{{"cifar10": {{"{FIRST}": {ENTRY}, "{FIRST}": {OTHER}}}}}',
    "(4,3,3,0,0,0) is there twice, with different": f'{{"cifar10": {{"{FIRST}": {ENTRY}, "(4,3,3,0,0,0)": {OTHER}}}}}',
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_file_is_one_line_with_a_hint(tmp_path, message):
    with pytest.raises(ZsbenchError) as caught:
        read(save(tmp_path, BAD[message]))
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.exit_code == 1


def test_a_truncated_archive_is_said_to_be_one(tmp_path):
    path = save(tmp_path, one(), "zc_nasbench201.json.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ZsbenchError, match="is truncated or no JSON"):
        read(path)


def test_a_file_that_does_not_say_its_space_is_asked_for_it(tmp_path):
    with pytest.raises(UsageError, match="which space do the architectures of scores"):
        read(save(tmp_path, one(), "scores.json"))
    assert read(save(tmp_path, one(), "scores.json"), find_space("nats-tss")).space.name == "nats-tss"


def test_only_objects_are_of_this_kind(tmp_path):
    assert is_suite_zero(save(tmp_path, one()))
    assert is_suite_zero(save(tmp_path, " \n{}", "x.json.gz"))
    assert not is_suite_zero(save(tmp_path, "[]"))
    assert not is_suite_zero(save(tmp_path, one(), "x.csv"))
    assert not is_suite_zero(tmp_path / "none.json")


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "space", "networks", "scores", "failed"),
    [
        ("nb201_suitezero_sample", "nb201", 200, 7200, 2),
        ("transnas_suitezero_sample", "transnas-micro", 200, 15400, 1335),
        ("nb101_sample", "nb101", 173, 1903, 0),
    ],
)
@pytest.mark.usefixtures("nb101_cells")
def test_published_samples_are_read_whole(reference, name, space, networks, scores, failed):
    found = read(reference / "data" / f"{name}.json.gz", find_space(space))
    assert {len({index for index, _ in of}) for of in found.scores.values()} == {networks}
    assert found.total == scores
    assert sum(s.status is not Status.OK for of in found.scores.values() for s in of.values()) == failed
    dataset = next(iter(found.scores))
    params = {i: s.value for (i, proxy), s in found.scores[dataset].items() if proxy == "params"}
    ours = find_space(space).costs(dataset)["params"]
    # Isomorphic cells of NAS-Bench-101 differ by a few channels; TransNAS-Bench's costs include the head.
    assert all(value * 1e6 == pytest.approx(ours[i], rel=0.02) for i, value in params.items())
