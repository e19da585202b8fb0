"""Tables of other people's scores, long and wide, and everything that can be wrong with one."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from zsbench.errors import UsageError, ZsbenchError
from zsbench.exchange.tables import read
from zsbench.registry import find_space
from zsbench.score import Status
from zsbench.store.tabular import read_frame

NB201 = find_space("nb201")
PATH = Path("theirs.csv")


def frame(text, tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text(text)
    return read_frame(path)


def values(found, dataset="cifar10"):
    return {key: score.value for key, score in found.scores[dataset].items()}


def test_a_wide_table_has_a_column_a_proxy(tmp_path):
    text = f"arch_str,index,nwot,zen\n{NB201.arch(7)},7,372.5,-1e8\n{NB201.arch(9)},9,,nan\n"
    found = read(frame(text, tmp_path), PATH, "nb201", "cifar10")
    assert set(found.scores["cifar10"]) == {(7, "naswot"), (7, "zen"), (9, "zen")}
    statuses = {key: score.status for key, score in found.scores["cifar10"].items()}
    assert statuses == {(7, "naswot"): Status.OK, (7, "zen"): Status.FAILED, (9, "zen"): Status.NAN}
    assert found.scores["cifar10"][7, "naswot"].value == 372.5


def test_columns_that_are_no_proxies_known_here_must_be_named(tmp_path):
    text = "index,snip,mine,test_acc\n7,1,2,93.5\n"
    with pytest.raises(UsageError, match="the columns mine, test_acc are no proxy known here"):
        read(frame(text, tmp_path), PATH, "nb201", "cifar10")
    found = read(frame(text, tmp_path), PATH, "nb201", "cifar10", ["snip", "my-proxy=mine"])
    assert values(found) == {(7, "snip"): 1, (7, "my-proxy"): 2}
    with pytest.raises(UsageError, match="unknown column of theirs"):
        read(frame(text, tmp_path), PATH, "nb201", "cifar10", ["x=mien"])


def test_a_long_table_has_a_row_a_score(tmp_path):
    text = (
        "space,dataset,arch,proxy,score,status,seconds\n"
        f"nb201,cifar10,{NB201.arch(7)},nwot,1.5,ok,0.25\n"
        f"nb201,cifar100,{NB201.arch(7)},own@elsewhere,,inf,\n"
        f"nb201,cifar100,{NB201.arch(8)},own@elsewhere,2,degenerate,\n"
        f"nb201,cifar100,{NB201.arch(9)},own@elsewhere,,oom,\n"
    )
    found = read(frame(text, tmp_path), PATH)
    assert values(found) == {(7, "naswot"): 1.5}
    assert found.scores["cifar10"][7, "naswot"].seconds == 0.25
    assert {key: score.status for key, score in found.scores["cifar100"].items()} == {
        (7, "own"): Status.INF,
        (8, "own"): Status.DEGENERATE,
        (9, "own"): Status.OOM,
    }
    assert math.isnan(found.scores["cifar100"][7, "own"].seconds)
    assert set(values(read(frame(text, tmp_path), PATH, wanted=["nwot"]))) == {(7, "naswot")}


def test_parquet_s_missing_numbers_are_no_scores():
    table = pd.DataFrame({"index": [7, 8], "snip": [1.0, math.nan], "zen": [math.nan, math.inf]})
    found = read(table, PATH, "nb201", "cifar10")
    assert {key: score.status for key, score in found.scores["cifar10"].items()} == {
        (7, "snip"): Status.OK,
        (8, "zen"): Status.INF,
    }


def test_equal_doubles_are_one(tmp_path):
    assert values(read(frame("index,snip\n7,1\n7,1.0\n", tmp_path), PATH, "nb201", "cifar10")) == {(7, "snip"): 1}


BAD = {
    "row 2: another snip of the same network was there before: 1, now 2": "index,snip\n7,1\n7,2\n",
    "row 1: 99999 is no architecture of nb201": "index,snip\n99999,1\n",
    "row 2: index 8 is not": f"index,arch,snip\n7,{NB201.arch(7)},1\n8,{NB201.arch(7)},2\n",
    "row 1: snip 'fast' is no number": "index,snip\n7,fast\n",
    "no column of theirs.csv is called": "cell,snip\n7,1\n",
    "no column is no proxy known here": "index\n7\n",
    "has unknown columns: colour": "index,proxy,score,colour\n7,snip,1,red\n",
    "row 1: snip status 'fine' is none of": "index,proxy,score,status\n7,snip,1,fine\n",
    "row 1: snip status failed does not go with the score 1": "index,proxy,score,status\n7,snip,1,failed\n",
    "row 1: seconds are -1": "index,proxy,score,seconds\n7,snip,1,-1\n",
    "row 1: seconds 'long' is no number": "index,proxy,score,seconds\n7,snip,1,long\n",
    "has no rows": "index,snip\n",
    "theirs.csv has rows of nb101, not only of nb201": "space,index,snip\nnb101,7,1\n",
    "theirs.csv has rows of other datasets than cifar10": "dataset,index,snip\ncifar100,7,1\n",
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_table_is_one_line(tmp_path, message):
    with pytest.raises(ZsbenchError) as caught:
        read(frame(BAD[message], tmp_path), PATH, "nb201", "cifar10")
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_table_that_does_not_say_space_or_dataset_is_asked_for_it(tmp_path):
    text = "index,snip\n7,1\n"
    with pytest.raises(UsageError, match="doesn't say which space it is of"):
        read(frame(text, tmp_path), PATH)
    with pytest.raises(UsageError, match="which dataset are the scores in theirs"):
        read(frame(text, tmp_path), PATH, "nb201")
    assert values(read(frame(text, tmp_path), PATH, "macro")) == {(7, "snip"): 1}


@pytest.mark.reference
def test_the_published_table_of_scores_is_read_whole(reference):
    path = reference / "data" / "nb201_reference_scores_cifar10.csv.gz"
    found = read(read_frame(path), path, "nb201", "cifar10")
    assert found.total == 3148 * 13
    assert all(score.status is Status.OK for score in found.scores["cifar10"].values())
