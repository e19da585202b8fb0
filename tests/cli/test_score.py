"""`zsbench score` in this process, on cells without a convolution and with cheap proxies."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from zsbench.cli.app import app
from zsbench.registry import find_space, proxies
from zsbench.score import Status
from zsbench.store import Scores, read_scores

NONE, SKIP, POOLS = "1651", "1835", "444444"
CHEAP = ("params", "synflow", "l2_norm")


@pytest.fixture
def score(tmp_path):
    """Run `zsbench score` on given cells with little to compute."""

    def run(*words: str, archs: str = f"{NONE}\n{SKIP}\n", proxies: tuple[str, ...] = CHEAP, batch: int = 4) -> Result:
        path = tmp_path / "archs.txt"
        path.write_text(archs)
        cells = [] if {"--sample", "--archs"} & set(words) else ["--archs", str(path)]
        named = [word for name in proxies for word in ("--proxy", name)]
        small = ["--input", "noise", "--batch-size", str(batch), "--workers", "1"]
        return CliRunner().invoke(app, ["score", *cells, *named, *small, *words])

    return run


def summary(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def stored() -> Scores:
    return read_scores(Path(os.environ["ZSBENCH_RESULTS"]) / "scores")


def test_scores_are_stored_under_what_they_depend_on(score):
    found = summary(score("--json"))
    assert {key: found[key] for key in ("planned_scores", "scores", "networks", "without_value", "dry_run")} == {
        "planned_scores": 6,
        "scores": 6,
        "networks": 2,
        "without_value": {"degenerate": 1},
        "dry_run": False,
    }
    (one,) = stored().sets
    assert (one.space, one.dataset, one.index.tolist()) == ("nb201", "cifar10", [1651, 1835])
    assert one.arch.tolist() == [find_space("nb201").arch(i) for i in (1651, 1835)]
    assert sorted(one.columns) == sorted(CHEAP)
    assert one.columns["params"].value.tolist() == [73_306, 73_306]
    assert one.columns["synflow"].names().tolist() == ["degenerate", "ok"]
    c = one.conditions
    assert (c.protocol, c.input, c.batch_size, c.samples, c.seed, c.device) == ("unified", "noise", 4, 4, 0, "cpu")
    assert len(c.input_digest) == 12


def test_people_see_what_is_done_on_stderr_and_nothing_on_stdout(score):
    result = score()
    assert result.stdout == ""
    assert "nb201 cifar10: 2 networks, 6 scores to compute" in result.stderr
    assert "conditions: unified, noise x 4" in result.stderr
    assert "1 worker, scores go to" in result.stderr
    assert "6 scores of 2 networks in" in result.stderr
    assert result.stderr.splitlines()[-1].endswith("Next: zsbench correlate")


def test_a_second_identical_call_computes_nothing_and_says_so(score):
    score()
    before = [path.read_bytes() for path in stored_files()]
    result = score("--json")
    assert "nothing to compute: all of it is stored" in result.stderr
    assert (summary(result)["planned_scores"], summary(result)["scores"]) == (0, 0)
    assert [path.read_bytes() for path in stored_files()] == before


def stored_files() -> list[Path]:
    return sorted((Path(os.environ["ZSBENCH_RESULTS"]) / "scores").iterdir())


def test_more_networks_and_proxies_only_add(score):
    assert summary(score("--json", archs=NONE))["scores"] == 3
    assert summary(score("--json", archs=f"{NONE}\n{SKIP}"))["scores"] == 3
    assert summary(score("--json", proxies=(*CHEAP, "zen")))["scores"] == 2
    assert summary(score("--json", proxies=(*CHEAP, "zen")))["scores"] == 0


def test_a_larger_sample_only_adds(score):
    assert summary(score("--sample", "1", "--json", proxies=("params",)))["scores"] == 1
    assert summary(score("--sample", "3", "--json", proxies=("params",)))["scores"] == 2
    assert set(stored().sets[0].index.tolist()) == set(find_space("nb201").sample(3).tolist())


def test_scoring_apart_gives_what_scoring_together_gives(score):
    together = summary(
        score("--json", "--results", "together", archs=f"{SKIP}\n{POOLS}\n", proxies=("zen", "snip", "naswot"))
    )
    assert together["scores"] == 6
    for cell in (POOLS, SKIP):
        for name in ("naswot", "snip", "zen"):
            score(archs=cell, proxies=(name,))
    (one,), (other,) = read_scores(Path("together/scores")).sets, stored().sets
    for name, column in one.columns.items():
        assert column.value.tobytes() == other.columns[name].value.tobytes()


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_seeds_are_independent_conditions(score):
    assert summary(score("--seed", "0-2", "--json"))["scores"] == 18
    assert summary(score("--seed", "0,4", "--json"))["scores"] == 6
    sets = sorted(stored().sets, key=lambda s: s.conditions.seed)
    assert [one.conditions.seed for one in sets] == [0, 1, 2, 4]
    assert len({one.conditions.input_digest for one in sets}) == 4
    assert len({one.columns["l2_norm"].value[1] for one in sets}) == 4
    assert {one.columns["params"].value[1] for one in sets} == {73_306}


def test_all_datasets_are_scored_with_their_own_size_and_classes(score):
    assert summary(score("--dataset", "all", "--json", archs=SKIP, proxies=("params",)))["networks"] == 3
    found = {one.dataset: one.columns["params"].value[0] for one in stored().sets}
    assert found == {"cifar10": 73_306, "cifar100": 79_156, "ImageNet16-120": 80_456}


def test_te_nas_is_measured_by_its_parts(score):
    assert summary(score("--json", archs=SKIP, proxies=("te_nas",)))["scores"] == 2
    assert sorted(stored().sets[0].columns) == ["linear_regions", "ntk_cond"]


def test_overrides_are_other_conditions(score):
    for words in ([], ["--init", "kaiming_fan_in"], ["--input", "photos"]):
        assert summary(score(*words, "--json", archs=SKIP, proxies=("l2_norm",)))["scores"] == 1
    assert summary(score("--json", archs=SKIP, proxies=("l2_norm",), batch=6))["scores"] == 1
    found = {(o.conditions.init, o.conditions.input, o.conditions.batch_size) for o in stored().sets}
    assert found == {
        ("default", "noise", 4),
        ("kaiming_fan_in", "noise", 4),
        ("default", "photos", 4),
        ("default", "noise", 6),
    }


def test_a_protocol_of_one_s_own_gives_each_proxy_its_conditions(score, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[conditions]\nbatch_size = 4\nsamples = 2\n[proxy.l2_norm]\nrepeats = 3\n")
    words = ["score", "--protocol", str(path), "--input", "noise", "--workers", "1", "--archs", "-", "--json"]
    result = CliRunner().invoke(app, [*words, "--proxy", "params", "--proxy", "l2_norm"], input=f"{SKIP}\n")
    assert summary(result)["scores"] == 2
    repeats = {name: one.conditions.repeats for one in stored().sets for name in one.columns}
    assert repeats == {"params": 1, "l2_norm": 3}
    assert {one.conditions.protocol for one in stored().sets} == {"mine"}


def test_a_stack_stores_what_one_at_a_time_does(score):
    result = score("--stack", "2")
    assert result.exit_code == 0, result.output
    assert "1 worker, 2 networks at once, scores go to" in result.stderr
    assert "nothing to compute" in score().stderr, "a stack is no condition"
    (one,) = stored().sets
    assert one.columns["params"].value.tolist() == [73_306, 73_306]
    assert one.columns["synflow"].names().tolist() == ["degenerate", "ok"]


def test_a_space_without_stacks_says_so(score):
    result = score("--space", "nats-sss", "--stack", "4", archs="0\n1\n", proxies=("params",))
    assert result.exit_code == 0, result.output
    assert "one network at a time (nats-sss has no stacks)" in result.stderr


def test_a_stack_of_nothing_is_refused(score):
    result = score("--stack", "0")
    assert result.exit_code != 0
    assert "--stack 0 is not possible" in str(result.exception) + result.output


def test_unique_computes_each_proxy_once_of_networks_equal_to_it(score):
    bare, reads_zeros = "400240", "400243"  # the output does not depend on the last convolution
    cells = f"{bare}\n{reads_zeros}\n"
    assert summary(score("--unique", "--json", archs=cells))["scores"] == 5
    (one,) = stored().sets
    assert one.columns["params"].scored.tolist() == [True, True]
    assert one.columns["synflow"].scored.sum() == 1
    assert summary(score("--unique", "--json", archs=cells))["planned_scores"] == 0
    assert summary(score("--json", archs=cells))["planned_scores"] == 1


def test_a_dry_run_shows_the_plan_and_stores_nothing(score):
    result = score("--dry-run")
    header, row = result.stdout.splitlines()
    record = dict(zip(header.split("\t"), row.split("\t"), strict=True))
    assert (record["space"], record["dataset"], record["networks"], record["scores"]) == ("nb201", "cifar10", "2", "6")
    assert float(record["seconds_a_network"]) > 0
    assert record["passes"] == "OnesGradients, Structure, Weights"
    assert "synflow" in result.stderr
    assert not Path(os.environ["ZSBENCH_RESULTS"]).exists()
    found = summary(score("--dry-run", "--json"))
    assert (found["dry_run"], found["planned_scores"], found["scores"]) == (True, 6, 0)
    assert found["estimated_seconds"] > 0


def test_a_dry_run_of_what_is_stored_says_so(score):
    score()
    result = score("--dry-run")
    assert result.exit_code == 0
    assert "everything is stored" in result.stderr
    assert summary(score("--dry-run", "--json"))["estimated_seconds"] == 0


def test_a_failure_is_told_with_its_first_example_and_tried_again(score, monkeypatch):
    def explode(weights):
        raise ValueError("no such luck")

    cells = f"{SKIP}\n{POOLS}\n"
    with monkeypatch.context() as broken:
        broken.setitem(vars(proxies()["l2_norm"]), "score", explode)
        result = score("--json", archs=cells)
    assert summary(result)["without_value"] == {"failed": 2}
    assert f"l2_norm: failed 2, first on {find_space('nb201').arch(int(SKIP))}: no such luck" in result.stderr
    assert summary(score("--json", archs=cells))["scores"] == 2
    assert not stored().sets[0].columns["l2_norm"].has(Status.FAILED).any()


def test_an_unreadable_file_is_warned_of_and_its_scores_are_computed_again(score):
    score()
    (path,) = stored_files()
    path.write_bytes(path.read_bytes()[:-100])
    result = score("--json")
    assert summary(result)["scores"] == 6
    assert f"warning: {path.name}: " in result.stderr
    assert "truncated" in result.stderr
    assert path.exists()


def test_scores_of_another_definition_are_said_and_computed_anew(score, monkeypatch):
    score()
    monkeypatch.setitem(vars(proxies()["l2_norm"]), "version", 99)
    result = score("--json")
    assert summary(result)["scores"] == 2
    assert "definitions have changed since" in result.stderr
    assert "l2_norm 2" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (["--space", "nb2001"], 2, "unknown space", "did you mean nb201"),
        (["--dataset", "cifar"], 2, "unknown dataset", "did you mean cifar10"),
        (["--proxy", "synflo"], 2, "unknown proxy", "did you mean synflow"),
        (["--protocol", "unifed"], 2, "unknown protocol", "did you mean unified"),
        (["--init", "defualt"], 2, "unknown init", "did you mean default"),
        (["--input", "photo"], 2, "unknown input", "did you mean photos"),
        (["--device", "cdua"], 2, "unknown device", "did you mean cuda"),
        (["--sample", "0"], 2, "a sample of 0", "15,625 architectures"),
        (["--sample", "15626"], 2, "a sample of 15626", "15,625 architectures"),
        (["--input", "cifar10:nowhere"], 1, "no such folder", "cifar-10-binary.tar.gz"),
        (["--input", "npz:nowhere.npz"], 1, "cannot read images from nowhere.npz", "labels"),
        (["--archs", "nowhere.txt"], 1, "cannot read architectures from nowhere.txt", "one index"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_hint(score, words, code, message, hint):
    result = score(*words)
    assert result.exit_code == code, result.output
    error, advice = result.stderr.strip().splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert advice.startswith("hint: ")
    assert hint in advice
    assert not Path(os.environ["ZSBENCH_RESULTS"]).exists()


def test_an_architecture_that_does_not_parse_is_shown_with_its_line(score):
    result = score(archs="7\n|nor_conv_3x3~0|+|skip_connect~0|nor_conv_9x9~1|+|none~0|none~1|none~2|\n")
    assert result.exit_code == 2
    assert "archs.txt, line 2: " in result.stderr
    assert "nor_conv_9x9" in result.stderr


def test_a_results_folder_that_cannot_be_written_stops_before_anything_is_measured(score, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    result = score("--results", str(tmp_path / "file"))
    assert result.exit_code == 1
    assert "error: cannot" in result.stderr
    assert "to compute" not in result.stderr


def test_numbers_agree_with_another_way_of_counting(score):
    score(archs=POOLS, proxies=("params", "flops"))
    columns = stored().sets[0].columns
    facts = find_space("nb201").facts(int(stored().sets[0].index[0]))
    assert columns["params"].value[0] == facts["cifar10 params"]
    assert np.isfinite(columns["flops"].value).all()
