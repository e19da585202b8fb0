from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import zsbench
from zsbench.cli.correlate import correlate as correlate_command
from zsbench.cli.output import Format
from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError, UsageError
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer, scores_folder

N = 60


@pytest.fixture
def results(tmp_path):
    space = find_space("nb201")
    generator = np.random.default_rng(0)
    scores = [
        Score(int(index), space.arch(int(index)), name, proxies()[name].version, generator.normal(), Status.OK, 0.1)
        for index in space.sample(N)
        for name in ("snip", "plain")
    ]
    with Writer(scores_folder(tmp_path), Provenance()) as writer:
        writer.add("nb201", "cifar10", Conditions(), scores)
    return tmp_path


def test_stored_scores_are_a_frame(results):
    frame = zsbench.load_scores("nb201", "CIFAR10", results=results)
    assert len(frame) == 2 * N
    assert list(frame.columns[:6]) == ["space", "dataset", "index", "arch", "proxy", "score"]
    assert set(zsbench.load_scores(proxy="snip", results=str(results))["proxy"]) == {"snip"}


def test_a_wide_frame_has_a_column_a_proxy(results):
    frame = zsbench.load_scores("nb201", wide=True, results=results)
    assert len(frame) == N
    assert {"snip", "plain"} <= set(frame.columns)
    assert "plain" not in zsbench.load_scores("nb201", proxy="snip", wide=True, results=results).columns


def test_correlations_are_the_records_of_the_command(results, capsys):
    options = {"regime": ["all", "valid&top50%"], "stat": ["kendall", "p@10%"], "against": "snip"}
    frame = zsbench.correlate("nb201", "cifar10", results=results, **options)
    correlate_command(space="nb201", dataset="cifar10", results=results, format=Format.JSON, **options)
    assert json.loads(frame.to_json(orient="records", double_precision=15)) == [
        pytest.approx(record) for record in json.loads(capsys.readouterr().out)
    ]


def test_an_empty_regime_is_a_warning_unless_it_is_all_there_is(results):
    with pytest.warns(UserWarning, match="holds none"):
        frame = zsbench.correlate(regime=["all", "params<=1k"], stat="kendall", results=results)
    assert set(frame["regime"]) == {"all"}
    with pytest.raises(NothingToReportError):
        zsbench.correlate(regime="params<=1k", results=results)


def test_scores_of_a_space_that_is_not_known_here_are_a_warning_unless_they_are_all_there_is(results, tmp_path):
    scores = [Score(i, f"net{i}", "snip", proxies()["snip"].version, float(i), Status.OK, 0.1) for i in range(9)]
    elsewhere = tmp_path / "elsewhere"
    for folder in (results, elsewhere):
        with Writer(scores_folder(folder), Provenance()) as writer:
            writer.add("plugged", "cifar10", Conditions(), scores)
    with pytest.warns(UserWarning, match="scores of plugged are stored, which is no space here"):
        assert set(zsbench.correlate(ci=False, results=results)["space"]) == {"nb201"}
    with pytest.raises(NothingToReportError, match="plugged"):
        zsbench.correlate(results=elsewhere)


def test_nothing_stored_and_unknown_names_are_explained(results, tmp_path):
    with pytest.raises(NothingToReportError, match="no scores of nb201/cifar100"):
        zsbench.correlate("nb201", "cifar100", results=results)
    for call in (
        lambda: zsbench.correlate("nb2", results=results),
        lambda: zsbench.correlate(dataset="cifr", results=results),
        lambda: zsbench.load_scores(proxy="snp", results=results),
        lambda: zsbench.correlate(stat="kendal", results=results),
        lambda: zsbench.correlate(against="snp", results=results),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.hint


def test_importing_zsbench_loads_nothing():
    script = "import sys, zsbench; print(sorted({'numpy', 'pandas', 'torch', 'zsbench.api'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_there_is_nothing_else_at_the_top():
    with pytest.raises(AttributeError, match="no attribute 'correlat'"):
        zsbench.correlat  # noqa: B018
