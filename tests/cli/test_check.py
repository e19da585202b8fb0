"""`zsbench check` as people and CI systems call it, on small chains of convolutions."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from making import load_chains
from typer.testing import CliRunner

from zsbench import registry
from zsbench.checks import read_baseline, write_baseline
from zsbench.cli.app import app

NAMES = ("grad_norm", "params", "snip")
SMALL = ("--input", "noise", "--batch-size", "4", "--workers", "1")
ARCHS = tuple(f"d{depth}w{width}" for depth in (1, 2, 3) for width in (8, 16, 32))


@pytest.fixture(scope="module")
def space():
    return load_chains()


@pytest.fixture(autouse=True)
def chains(space, monkeypatch):
    monkeypatch.setattr(registry, "_spaces", {**registry._spaces, "chains": space})
    for variable in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)


def zsbench(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def baseline(space, tmp_path_factory):
    folder = tmp_path_factory.mktemp("baseline")
    (folder / "archs.txt").write_text("\n".join(ARCHS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_spaces", {**registry._spaces, "chains": space})
        words = [word for name in NAMES for word in ("--proxy", name)]
        where = ("--space", "chains", "--archs", folder / "archs.txt", "--seed", "0-1")
        done = zsbench("check", "--record", "-o", folder / "b.h5", *where, *words, *SMALL)
    assert done.exit_code == 0, done.output
    assert "without accuracies, usefulness cannot be checked" in done.stderr
    return folder / "b.h5"


@pytest.fixture
def broken(monkeypatch):
    """Turn snip's sign round."""
    known = registry.proxies()
    snip = replace(known["snip"], score=lambda batches: -known["snip"].score(batches))
    monkeypatch.setattr(registry, "_proxies", {**registry._proxies, "snip": snip})


@pytest.fixture
def redefined(monkeypatch, broken):
    """Turn snip's sign round, and say so by its version."""
    snip = replace(registry.proxies()["snip"], version=99)
    monkeypatch.setattr(registry, "_proxies", {**registry._proxies, "snip": snip})


def check(baseline, *words):
    return zsbench("check", "--baseline", baseline, "--workers", 1, *words)


def test_recording_leaves_words_for_a_reviewer_beside_the_file(baseline):
    text = baseline.with_suffix(".txt").read_text()
    assert "Baseline of chains cifar10: 9 networks" in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith(NAMES)] == list(NAMES)


def test_unchanged_code_passes_with_a_row_a_layer(baseline):
    done = check(baseline, "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["failed"], found["networks"], found["networks_recorded"]) == (False, len(ARCHS), len(ARCHS))
    assert (found["space"], found["dataset"]) == ("chains", "cifar10")
    assert (found["seeds"], found["seeds_recorded"]) == ([1], [0, 1])
    assert found["then"]["versions"] == found["now"]["versions"]
    assert found["headline"] == "No ranking moved: 3 proxies agree with the baseline"
    rows = found["rows"]
    assert [(row["proxy"], row["layer"]) for row in rows] == [
        (name, layer) for name in NAMES for layer in ("numbers", "ranks", "usefulness")
    ]
    assert {row["verdict"] for row in rows if row["layer"] != "usefulness"} == {"same"}
    assert {row["verdict"] for row in rows if row["layer"] == "usefulness"} == {"not tested"}


def test_a_moved_ranking_exits_with_4_and_names_the_proxy(baseline, broken):
    done = check(baseline, "--format", "md")
    assert done.exit_code == 4
    assert done.stdout.startswith("### 1 of 3 proxies moved: numbers of snip; ranks of snip")
    assert "Likely: snip: its own formula" in done.stdout
    assert "error: 1 of 3 proxies moved" in done.stderr


def test_the_gate_and_the_proxies_can_be_chosen(baseline, broken):
    passed = check(baseline, "--gate", "usefulness", "--format", "md")
    assert passed.exit_code == 0
    assert "--gate usefulness lets that pass" in passed.stdout
    assert check(baseline, "--proxy", "params").exit_code == 0
    assert check(baseline, "--proxy", "params", "--proxy", "snip").exit_code == 4


def test_strict_fails_on_what_else_changed(baseline):
    told = check(baseline)
    assert told.exit_code == 0
    assert "new: the baseline has no score of it" in told.stderr
    strict = check(baseline, "--strict")
    assert strict.exit_code == 4
    assert "--strict allows no change" in strict.stderr
    named = [word for name in NAMES for word in ("--proxy", name)]
    assert check(baseline, *named, "--strict").exit_code == 0


def test_what_strict_fails_on_is_said_in_every_format(baseline, redefined, tmp_path, monkeypatch):
    calm = check(baseline, "--proxy", "snip", "--proxy", "params", "--format", "md")
    assert calm.exit_code == 0
    assert "1 proxy agrees with the baseline, 1 moved for a known reason (snip)" in calm.stdout
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    strict = check(baseline, "--strict", "--proxy", "snip", "-o", tmp_path / "report.xml")
    assert strict.exit_code == 4
    suite = ET.parse(tmp_path / "report.xml").getroot().find("testsuite")
    assert suite.get("failures") == "1"
    assert "there is one of snip" in suite.find("testcase[@name='strict']/failure").get("message")
    assert "::error title=zsbench check%3A strict::" in strict.stderr


@pytest.mark.parametrize("words", [(), ("--proxy", "all"), ("--proxy", "sn*"), ("--proxy", "snip")])
def test_a_proxy_that_is_gone_is_reported_however_it_is_asked_for(baseline, monkeypatch, words):
    monkeypatch.setattr(registry, "_proxies", {k: one for k, one in registry.proxies().items() if k != "snip"})
    if words[-1:] in [("sn*",), ("snip",)]:
        words = (*words, "--proxy", "params")
    assert "snip: removed: it is not registered any more" in check(baseline, *words).stderr


@pytest.mark.parametrize("words", [("--sample", "3"), ("--batch-size", "8"), ("--space", "nb201")])
def test_a_check_takes_its_conditions_from_the_baseline_alone(baseline, words):
    done = check(baseline, *words)
    assert done.exit_code == 2
    assert f"{words[0]} with --record only" in done.stderr


def test_one_seed_is_computed_anew_unless_others_are_asked_for(baseline):
    """The last: a proxy that forgot to heed its seed would go unseen under the first, 0."""
    networks = len(ARCHS)
    for words, seeds in (((), [1]), (("--seed", "0"), [0]), (("--seed", "all"), [0, 1])):
        found = json.loads(check(baseline, *words, "--format", "json").stdout)
        assert found["seeds"] == seeds
        assert found["rows"][0]["n"] == networks * len(seeds)
        assert not found["failed"]
    unknown = check(baseline, "--seed", "0-2")
    assert (unknown.exit_code, "the baseline has no seed 2" in unknown.stderr) == (2, True)
    idle = check(baseline, "--seed", "0", "--scores", baseline)
    assert (idle.exit_code, "--seed with --scores" in idle.stderr) == (2, True)


def test_json_is_one_document_in_a_file_too(baseline, broken, tmp_path):
    assert check(baseline, "-o", tmp_path / "report.json").exit_code == 4
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["failed"], found["moved"]) == (True, ["snip"])
    assert any("its own formula" in text for text in found["likely"])
    assert any("unified" in text for text in found["captions"])


def test_a_tolerance_is_not_shown_as_nothing(baseline, broken):
    done = check(baseline, "--format", "md")
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("| snip") and "numbers" in line]
    assert row.split("|")[4].strip() == "2e-05"


def test_junit_has_a_case_a_proxy_and_layer(baseline, broken, tmp_path):
    done = check(baseline, "-o", tmp_path / "report.xml")
    assert done.exit_code == 4
    suite = ET.parse(tmp_path / "report.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("9", "2")
    failures = [(case.get("classname"), case.get("name")) for case in suite if case.find("failure") is not None]
    assert failures == [("zsbench.snip", "numbers"), ("zsbench.snip", "ranks")]
    assert "its own formula" in suite.find("system-out").text


def test_github_gets_annotations_and_a_summary(baseline, broken, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    done = check(baseline, "--format", "tsv")
    errors = [line for line in done.stderr.splitlines() if line.startswith("::error ")]
    assert len(errors) == 1
    assert "title=zsbench check%3A snip moved::numbers: " in errors[0]
    assert "### 1 of 3 proxies moved" in (tmp_path / "summary.md").read_text()
    assert "::" not in done.stdout


def test_explain_lists_the_networks_that_moved_most(baseline, broken):
    done = check(baseline, "--explain", "snip", "--format", "json")
    assert done.exit_code == 4
    rows = json.loads(done.stdout)
    assert len(rows) == len(ARCHS)
    assert all(row["new"] == -row["old"] for row in rows)
    assert {row["arch"] for row in rows} <= set(ARCHS)
    assert [row["difference"] for row in rows] == sorted((row["difference"] for row in rows), reverse=True)
    assert "its own formula" in done.stderr


def test_scores_of_a_file_are_compared_without_computing(baseline, monkeypatch, tmp_path):
    monkeypatch.setattr("zsbench.checks.rerun.run", None)
    assert check(baseline, "--scores", baseline).exit_code == 0
    held = read_baseline(baseline)
    for one in held.sets:
        one.columns["snip", 1].value[:] *= -1
    write_baseline(tmp_path / "moved.h5", held)
    done = check(baseline, "--scores", tmp_path / "moved.h5")
    assert done.exit_code == 4
    assert "numbers of snip" in done.stderr


def test_another_projects_scores_are_compared_by_rank(baseline, tmp_path):
    held = read_baseline(baseline)
    column = held.sets[0].columns["params", 1].value
    lines = [f"{arch},{value}" for arch, value in zip(held.arch, column, strict=True)]
    (tmp_path / "theirs.csv").write_text("\n".join(["arch,params", *lines]))
    done = check(baseline, "--scores", tmp_path / "theirs.csv", "--format", "json")
    assert done.exit_code == 0, done.output
    found = {(row["proxy"], row["layer"]): row["verdict"] for row in json.loads(done.stdout)["rows"]}
    assert found["params", "numbers"] == "not tested"
    assert found["params", "ranks"] == "same"


def test_bad_requests_are_explained(baseline, tmp_path):
    assert zsbench("check").exit_code == 2
    assert zsbench("check", "--record").exit_code == 2
    other = zsbench("check", "--record", "-o", tmp_path / "b.json")
    assert (other.exit_code, "an HDF5 file, not b.json" in other.stderr) == (2, True)
    none = zsbench("check", "--baseline", baseline, "--workers", 0)
    assert (none.exit_code, "--workers 0 is not possible" in none.stderr) == (2, True)
    missing = check(tmp_path / "none.h5")
    assert (missing.exit_code, "no such file" in missing.stderr) == (1, True)
    empty = check(baseline, "--proxy", "synflow")
    assert (empty.exit_code, "the baseline has no score of synflow" in empty.stderr) == (3, True)
    unknown = check(baseline, "--proxy", "snipp")
    assert (unknown.exit_code, "did you mean" in unknown.stderr) == (2, True)
    held = read_baseline(baseline)
    elsewhere = replace(held, sets=tuple(replace(one, space="nowhere") for one in held.sets))
    write_baseline(tmp_path / "elsewhere.h5", elsewhere)
    lost = check(tmp_path / "elsewhere.h5")
    assert (lost.exit_code, "which is no space here" in lost.stderr) == (1, True)
    other = check(baseline, "--scores", tmp_path / "elsewhere.h5")
    assert (other.exit_code, "has no scores of chains cifar10" in other.stderr) == (3, True)


def test_networks_that_are_others_now_are_an_error(baseline, tmp_path):
    held = read_baseline(baseline)
    for one in held.sets:
        one.arch[0] = "d9w9"
    write_baseline(tmp_path / "b.h5", held)
    done = check(tmp_path / "b.h5")
    assert (done.exit_code, "are not those of chains here" in done.stderr) == (1, True)


def test_a_baseline_of_a_device_that_is_not_here_says_how_to_compare_all_the_same(baseline, tmp_path, monkeypatch):
    held = read_baseline(baseline)
    sets = tuple(replace(one, conditions=replace(one.conditions, device="mps")) for one in held.sets)
    write_baseline(tmp_path / "b.h5", replace(held, sets=sets))
    done = check(tmp_path / "b.h5")
    assert (done.exit_code, "recorded on mps, and there is none here" in done.stderr) == (1, True)
    assert check(tmp_path / "b.h5", "--device", "cpu").exit_code == 0
