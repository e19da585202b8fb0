from __future__ import annotations

import gzip
import json
import math
import os
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from zsbench.cli import stored as stored_module
from zsbench.cli.scores import app
from zsbench.conditions import Conditions
from zsbench.errors import DifferenceFoundError, NothingToReportError, UsageError, ZsbenchError
from zsbench.provenance import Provenance
from zsbench.registry import find_space
from zsbench.score import Score, Status
from zsbench.store import Writer, read_scores

C = Conditions()


@pytest.fixture
def results() -> Path:
    """Return the results folder of this test (see tests/conftest.py)."""
    return Path(os.environ["ZSBENCH_RESULTS"])


@pytest.fixture
def folder(results: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Store two runs of two proxies."""
    monkeypatch.setattr(stored_module, "current_versions", lambda: {"snip": 1, "zico": 1})
    add(results / "scores", [(0, "snip", 1.5), (7, "snip", math.nan)])
    add(results / "scores", [(7, "zico", 2.5)])
    return results / "scores"


def add(folder: Path, rows: list[tuple[int, str, float]], version: int = 1, arch: str | None = None) -> Path:
    space = find_space("nb201")
    with Writer(folder, Provenance()) as writer:
        scores = [
            Score(i, arch or space.arch(i), p, version, v, Status.OK if math.isfinite(v) else Status.NAN, 0.1)
            for i, p, v in rows
        ]
        writer.add("nb201", "cifar10", C, scores)
    return writer.files[0]


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def error(result: Result) -> ZsbenchError:
    assert isinstance(result.exception, ZsbenchError), result.output
    return result.exception


def test_ls_lists_sets_as_records_with_a_name(folder):
    result = run("ls", "--format", "json")
    assert result.exit_code == 0, result.output
    (record,) = json.loads(result.stdout)
    assert record["name"] == f"nb201/cifar10/{C.id}"
    wanted = {"networks": 2, "proxies": 2, "failed": 1, "stale": 0, "files": 2, "seed": 0, "input": "photos"}
    assert {key: record[key] for key in wanted} == wanted
    assert abs(record["size"] - sum(path.stat().st_size for path in folder.iterdir())) <= 1


def test_an_empty_store_names_the_command_that_fills_it(results):
    for words in (["ls"], ["verify"], ["merge"], ["export"]):
        found = error(run(*words))
        assert isinstance(found, NothingToReportError)
        assert found.hint.startswith("zsbench score --space nb201")


def test_a_results_folder_can_be_named(folder, tmp_path):
    assert str(tmp_path / "other") in error(run("ls", "--results", tmp_path / "other")).message
    assert run("ls", "--results", folder.parent).exit_code == 0


def test_scores_of_another_definition_are_counted_and_said(folder, monkeypatch):
    monkeypatch.setattr("zsbench.cli.scores.current_versions", lambda: {"snip": 2})
    result = run("ls", "--format", "json")
    assert json.loads(result.stdout)[0]["stale"] == 2
    assert "snip 2" in result.stderr


def test_verify_is_silent_on_stdout_when_all_is_well(folder):
    result = run("verify")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "verified 2 files, 3 scores, 0 problems" in result.stderr


def test_verify_lists_a_damaged_file_and_exits_4(folder):
    bad = min(folder.iterdir())
    bad.write_bytes(bad.read_bytes()[:-1])
    result = run("verify", "--format", "json")
    assert isinstance(error(result), DifferenceFoundError)
    (record,) = json.loads(result.stdout)
    assert record["name"] == bad.name
    assert "truncated" in record["problem"]


def test_verify_finds_archs_that_are_not_the_space_s_own(folder):
    add(folder, [(3, "snip", 1.0)], arch="|somewhere~0|")
    result = run("verify", "--format", "json")
    assert isinstance(error(result), DifferenceFoundError)
    assert "1 archs are not the space's own, first (3" in json.loads(result.stdout)[0]["problem"]


def test_reading_commands_warn_about_a_damaged_file_and_go_on(folder):
    (folder / "bad.h5").write_bytes(b"x")
    result = run("export")
    assert result.exit_code == 0
    assert "warning: bad.h5: not a score file" in result.stderr
    assert len(result.stdout.splitlines()) == 4


def test_merge_says_what_it_did(folder):
    result = run("merge")
    assert result.stdout == ""
    assert "merged 2 files" in result.stderr
    assert len(list(folder.iterdir())) == 1
    assert "nothing to merge: 3 scores lie in one file" in run("merge").stderr


def test_export_writes_the_long_form(folder):
    result = run("export", "--proxy", "z*")
    header, row = result.stdout.splitlines()
    assert header == "space\tdataset\tindex\tarch\tproxy\tscore\tstatus\tseconds\tconditions"
    assert row == f"nb201\tcifar10\t7\t{find_space('nb201').arch(7)}\tzico\t2.5\tok\t0.1\t{C.id}"
    assert "exported 1 rows" in result.stderr


@pytest.mark.parametrize("name", ["s.csv", "s.json", "s.parquet", "s.tsv"])
def test_export_and_import_on_another_machine_agree(folder, tmp_path, name):
    path, other = tmp_path / name, tmp_path / "other"
    assert run("export", "--portable", "-o", path).stdout == ""
    result = run("import", path, "--results", other)
    assert result.exit_code == 0, result.output
    assert "imported 3 scores of 2 proxies" in result.stderr
    assert run("export", "--results", other).stdout == run("export").stdout


def test_importing_the_plain_form_says_which_versions_it_assumes(folder, tmp_path):
    run("export", "-o", tmp_path / "s.csv")
    assert "today's definitions" in run("import", tmp_path / "s.csv").stderr
    assert len(list(folder.iterdir())) == 3


def test_import_reads_other_notations_and_refuses_another_index(folder, tmp_path):
    run("export", "-o", tmp_path / "s.csv")
    frame = pd.read_csv(tmp_path / "s.csv", keep_default_na=False)
    frame.assign(index=frame["index"] + 1).to_csv(tmp_path / "t.csv", index=False)
    found = error(run("import", tmp_path / "t.csv"))
    assert isinstance(found, UsageError)
    assert "index 1 is not" in found.message
    frame.assign(space="nb202").to_csv(tmp_path / "t.csv", index=False)
    assert "nb201" in error(run("import", tmp_path / "t.csv")).hint
    frame.drop(columns="arch").to_csv(tmp_path / "t.csv", index=False)
    assert "no column arch" in error(run("import", tmp_path / "t.csv")).message
    assert len(list(folder.iterdir())) == 2


def test_proxies_of_a_foreign_tool_are_stored_under_their_names(folder, tmp_path):
    run("export", "--proxy", "zico", "--portable", "-o", tmp_path / "s.csv")
    text = (tmp_path / "s.csv").read_text().replace(",zico,", ",other-zico,")
    (tmp_path / "s.csv").write_text(text)
    assert "stored all the same: other-zico" in run("import", tmp_path / "s.csv").stderr
    assert "other-zico" in read_scores(folder).sets[0].columns


def test_export_says_what_cannot_be_asked_for(folder, tmp_path):
    assert isinstance(error(run("export", "--wide", "--portable")), UsageError)
    assert "tsv" in error(run("export", "--format", "tvs")).hint
    assert "-o" in error(run("export", "--format", "parquet")).hint
    assert "zico" in error(run("export", "--proxy", "zoci")).hint
    assert isinstance(error(run("export", "--conditions", "0123")), NothingToReportError)


def test_export_wide_has_one_column_a_proxy(folder):
    header, *rows = run("export", "--wide", "--format", "csv").stdout.splitlines()
    assert header == "space,dataset,index,arch,conditions,snip,zico"
    assert rows[0].endswith(",1.5,")
    assert rows[1].endswith(",,2.5")


def test_rm_asks_for_yes_and_says_what_would_go(folder):
    found = error(run("rm", "--proxy", "snip"))
    assert isinstance(found, UsageError)
    assert "would remove 2 scores from 1 files" in found.message
    assert "--yes" in found.hint
    assert len(read_scores(folder).sets[0].columns) == 2
    assert "removed 2 scores from 1 files" in run("rm", "--proxy", "snip", "--yes").stderr
    assert list(read_scores(folder).sets[0].columns) == ["zico"]


def test_rm_takes_scores_of_former_definitions_alone(folder):
    add(folder, [(0, "snip", 9.5), (3, "snip", 9.5)], version=0)
    add(folder, [(0, "theirs", 9.5)], version=7)
    assert "removed 2 scores from 1 files" in run("rm", "--stale", "--yes").stderr
    (kept,) = read_scores(folder).sets
    assert sorted(kept.columns) == ["snip", "theirs", "zico"]
    assert not read_scores(folder, versions={"snip": 1, "zico": 1}).stale


def test_rm_refuses_to_guess(folder):
    assert isinstance(error(run("rm", "--yes")), UsageError)
    assert isinstance(error(run("rm", "--proxy", "snap", "--yes")), UsageError)
    assert isinstance(error(run("rm", "--dataset", "cifar100", "--yes")), NothingToReportError)
    assert len(list(folder.iterdir())) == 2


FIRST = "(4, 3, 3, 0, 0, 0)"


def suite_zero(tmp_path, value=47.5, name="zc_nasbench201.json", **more):
    """Write NAS-Bench-Suite-Zero's JSON with one network, and return its path."""
    entry = {"idx": "0", "arch": FIRST, "synflow": {"score": value, "time": 0.5}, "nwot": {"score": -1e8, "time": 0.25}}
    path = tmp_path / name
    path.write_text(json.dumps({"cifar10": {FIRST: entry | {"val_accuracy": 81.9} | more}}))
    return path


def test_another_project_s_json_is_stored_under_its_name_beside_ours(folder, tmp_path):
    result = run("import", suite_zero(tmp_path))
    assert result.exit_code == 0, result.output
    assert "imported 2 scores of 2 proxies" in result.stderr
    assert "the file has accuracies, too: zsbench data import nb201" in result.stderr
    rows = [line.split("\t") for line in run("export", "--proxy", "*@*").stdout.splitlines()[1:]]
    assert [(row[2], row[4], row[5], row[6]) for row in rows] == [
        ("0", "naswot@suite-zero", "", "failed"),
        ("0", "synflow@suite-zero", "47.5", "ok"),
    ]
    assert "suite-zero" in run("ls").stdout
    assert "0 problems" in run("verify").stderr


def test_a_source_can_be_named_and_other_values_under_the_same_name_are_refused(folder, tmp_path):
    run("import", suite_zero(tmp_path))
    other = suite_zero(tmp_path, 50.0)
    before = sorted(folder.iterdir())
    found = error(run("import", other))
    assert "1 scores of synflow@suite-zero on cifar10 are stored with other values" in found.message
    assert sorted(folder.iterdir()) == before
    assert run("import", other, "--source", "mine").exit_code == 0
    assert {name for s in read_scores(folder).sets for name in s.columns} >= {"synflow@mine", "synflow@suite-zero"}
    assert isinstance(error(run("import", other, "--source", "unified")), UsageError)
    assert isinstance(error(run("import", other, "--source", "a/b")), UsageError)


def test_a_bad_file_of_another_project_leaves_the_store_as_it_was(folder, tmp_path):
    before = sorted(folder.iterdir())
    found = error(run("import", suite_zero(tmp_path, colour="red")))
    assert (found.exit_code, "the field 'colour' is unknown" in found.message) == (1, True)
    assert sorted(folder.iterdir()) == before


def test_tables_of_another_project_need_its_name(folder, tmp_path):
    (tmp_path / "t.csv").write_text("index,nwot,mine\n0,1.5,2\n7,2.5,3\n")
    assert "no column space" in error(run("import", tmp_path / "t.csv")).message
    assert isinstance(error(run("import", tmp_path / "t.csv", "--space", "nb201")), UsageError)
    place = ("--source", "x", "--space", "nb201", "--dataset", "cifar10")
    assert "mine are no proxy known here" in error(run("import", tmp_path / "t.csv", *place)).message
    result = run("import", tmp_path / "t.csv", *place, "--proxy", "naswot=nwot")
    assert "imported 2 scores of 1 proxies" in result.stderr


def test_only_the_proxies_asked_for_are_taken_from_a_json(folder, tmp_path):
    assert "imported 1 scores of 1 proxies" in run("import", suite_zero(tmp_path), "--proxy", "synflow").stderr
    assert "naswot" in error(run("import", suite_zero(tmp_path), "--proxy", "naswoot")).hint


def test_ours_go_out_as_the_same_json_and_come_back(folder, tmp_path):
    path, other = tmp_path / "zc_nasbench201.json", tmp_path / "other"
    result = run("export", "--format", "suite-zero", "--target", "valid", "-o", path)
    assert result.exit_code == 0, result.output
    assert "1 scores without a number are left out" in result.stderr
    space = find_space("nb201")
    content = json.loads(path.read_text())
    assert set(content["cifar10"]) == {space.exchange_key(0), space.exchange_key(7)}
    first = content["cifar10"][space.exchange_key(0)]
    assert (first["snip"], first["val_accuracy"]) == ({"score": 1.5, "time": 0.1}, 81.9827)
    run("import", path, "--source", "home", "--results", other)
    values = {
        (s.dataset, name): c.value.tolist() for s in read_scores(other / "scores").sets for name, c in s.columns.items()
    }
    assert [value for value in values["cifar10", "snip@home"] if math.isfinite(value)] == [1.5]
    assert [value for value in values["cifar10", "zico@home"] if math.isfinite(value)] == [2.5]


def test_theirs_go_out_as_they_came(folder, tmp_path):
    path, back = suite_zero(tmp_path, params={"score": 0.802426, "time": 1.0}), tmp_path / "back.json"
    run("import", path)
    ids = {s.conditions.id for s in read_scores(folder).sets if s.conditions.are_theirs}
    run("export", "--format", "suite-zero", "--conditions", *ids, "-o", back)
    given, found = (json.loads(one.read_text())["cifar10"][FIRST] for one in (path, back))
    assert found == {key: given[key] for key in ("idx", "arch", "synflow", "params")}


def test_what_does_not_fit_into_that_json_is_said(folder, tmp_path):
    run("import", suite_zero(tmp_path))
    assert "--conditions chooses" in error(run("export", "--format", "suite-zero")).hint
    assert isinstance(error(run("export", "--format", "suite-zero", "--wide")), UsageError)
    assert isinstance(error(run("export", "--target", "valid")), UsageError)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["nb201", "transnas"])
def test_published_samples_come_back_as_they_are_but_for_failures(reference, results, tmp_path, name):
    space = {"nb201": "nb201", "transnas": "transnas-micro"}[name]
    path, back = reference / "data" / f"{name}_suitezero_sample.json.gz", tmp_path / "back.json"
    assert run("import", path, "--space", space).exit_code == 0
    assert run("export", "--format", "suite-zero", "-o", back).exit_code == 0
    given, found = json.loads(gzip.decompress(path.read_bytes())), json.loads(back.read_text())
    for dataset, entries in given.items():
        for key, entry in entries.items():
            kept = {n: v for n, v in entry.items() if isinstance(v, dict) and v["score"] != -1e8}
            assert {n: v for n, v in found[dataset][key].items() if isinstance(v, dict)} == kept


@pytest.mark.parametrize("name", ["zc_nasbench201.json", "theirs.csv", "scores.parquet"])
def test_a_saved_download_page_is_refused_as_one(results, tmp_path, name):
    (tmp_path / name).write_text("<!DOCTYPE html><html>Virus scan warning</html>")
    found = error(run("import", tmp_path / name))
    assert "is an HTML page: the page of a download, not the file?" in found.message
    assert not (results / "scores").exists()


@pytest.mark.parametrize("command", ["ls", "verify", "merge", "export"])
def test_a_score_file_is_read_where_a_folder_may_be(folder, tmp_path, command):
    passed_on = tmp_path / "theirs.h5"
    assert run("merge", "-o", passed_on).exit_code == 0
    before = passed_on.read_bytes()
    made = tmp_path / ("again.h5" if command == "merge" else "again.csv")
    done = run(command, "--results", passed_on, *(("-o", made) if command in {"merge", "export"} else ()))
    assert done.exit_code == 0, done.output
    assert passed_on.read_bytes() == before


@pytest.mark.parametrize("words", [["rm", "--proxy", "snip", "--yes"], ["merge"], ["import", "ITSELF"]])
def test_a_score_file_is_never_written_to_as_if_it_were_a_folder(folder, tmp_path, words):
    passed_on = tmp_path / "theirs.h5"
    assert run("merge", "-o", passed_on).exit_code == 0
    before = passed_on.read_bytes()
    done = run(*(passed_on if word == "ITSELF" else word for word in words), "--results", passed_on)
    assert "theirs.h5" in error(done).message
    assert passed_on.read_bytes() == before
