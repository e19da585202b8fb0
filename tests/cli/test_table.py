"""`zsbench table` and `zsbench reproduce`: gaps are named, the rest prints; scores of several conditions don't mix."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app
from zsbench.conditions import Conditions
from zsbench.paths import results_folder
from zsbench.provenance import Provenance
from zsbench.registry import find_space, proxies
from zsbench.score import Score, Status
from zsbench.store import Writer, scores_folder
from zsbench.tables.named import layouts


def ran(*arguments, code=0):
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == code, done.output
    return done


def records(*arguments):
    return json.loads(ran(*arguments, "--format", "json").stdout)


@pytest.fixture
def store():
    """Store scores of params that rank the first networks of the sample as their accuracies do."""
    space = find_space("nb201")

    def save(dataset="cifar10", n=40, name="params", **conditions):
        truth = space.truth(dataset, "valid").values
        scores = [
            Score(index, space.arch(index), name, proxies()[name].version, float(truth[index]), Status.OK, 0.1)
            for index in map(int, space.sample(n))
        ]
        with Writer(scores_folder(results_folder()), Provenance()) as writer:
            writer.add("nb201", dataset, Conditions(**conditions), scores)

    return save


def test_a_table_whose_truth_and_scores_are_missing_prints_and_says_what_brings_them():
    shown = ran("table", "survey-nb201", "--format", "md").stdout
    assert "0.455 apd" in shown
    assert "missing: test accuracies of nb201 cifar10 are not installed" in shown
    assert "zsbench data import nb201 FILE" in shown
    assert "zsbench score --space nb201 --dataset cifar10" in shown


def test_an_unknown_table_exits_with_2_and_suggests_one():
    done = ran("table", "survey-nb20", code=2)
    assert "survey-nb201" in done.stderr


def test_programs_get_one_long_table_and_captions_on_stderr():
    done = ran("table", "suite-zero", "--format", "csv")
    assert done.stdout.splitlines()[0].endswith(",verdict")
    assert len(done.stdout.splitlines()) == 1 + 13 * 19
    assert "Made by: zsbench table suite-zero." in done.stderr


def test_stored_scores_stand_beside_print(store):
    store()
    cells = records("table", "suite-zero")
    (cell,) = [c for c in cells if (c["proxy"], c["space"], c["dataset"]) == ("params", "nb201", "cifar10")]
    assert cell["published"] == "0.72 nbsuitezero2022"
    assert cell["measured"] == pytest.approx(1)
    assert cell["verdict"].startswith("outside by +0.27")


def test_scores_of_other_conditions_are_left_out_and_named_unless_mixed(store):
    store(n=40)
    store("cifar100", n=30, seed=1)
    alone = records("table", "suite-zero")
    assert {c["dataset"] for c in alone if c["measured"] is not None} == {"cifar10"}
    assert "30 networks of nb201 cifar100 scored under seed 1" in ran("table", "suite-zero", "--format", "csv").stderr
    mixed = [c for c in records("table", "suite-zero", "--mixed") if c["measured"] is not None]
    assert {c["dataset"] for c in mixed} == {"cifar10", "cifar100"}
    assert len({c["conditions"] for c in mixed}) == 2


def test_two_seeds_of_a_dataset_are_labelled_where_they_are_mixed(store):
    store(n=40)
    store(n=30, seed=1)
    mixed = [c for c in records("table", "suite-zero", "--mixed") if c["measured"] is not None]
    assert {(c["proxy"], c["n"]) for c in mixed} == {("params [seed 0]", 40), ("params [seed 1]", 30)}
    assert {c["published"] for c in mixed} == {"0.72 nbsuitezero2022"}


def test_another_protocol_can_be_asked_for(store):
    store(protocol="original")
    assert all(c["measured"] is None for c in records("table", "suite-zero"))
    assert any(c["measured"] is not None for c in records("table", "suite-zero", "--protocol", "original"))


def test_an_unknown_protocol_exits_with_2():
    ran("table", "suite-zero", "--protocol", "nope", code=2)


def test_reproduce_counts_the_cells_of_every_table(store):
    store()
    rows = {row["table"]: row for row in records("reproduce")}
    assert list(rows) == [*layouts(), "all"]
    assert (rows["suite-zero"]["cells"], rows["suite-zero"]["disagree"]) == (13 * 19, 1)
    assert rows["all"]["missing"] == sum(row["missing"] for name, row in rows.items() if name != "all")


def test_reproduce_writes_the_tables_that_have_a_number_of_ours_and_the_summary(store, tmp_path):
    store()
    folder = tmp_path / "made"
    ran("reproduce", "suite-zero", "aznas", "-o", str(folder))
    assert {path.name for path in folder.iterdir()} == {"suite-zero.md", "summary.md"}
    assert "0.72 / 1.00 \\*" in (folder / "suite-zero.md").read_text()
    assert "suite-zero" in (folder / "summary.md").read_text()


def test_reproduce_writes_another_format_where_it_is_asked_for(store, tmp_path):
    store()
    ran("reproduce", "suite-zero", "-o", str(tmp_path / "made"), "--format", "csv")
    lines = (tmp_path / "made" / "suite-zero.csv").read_text().splitlines()
    assert len(lines) == 1 + 13 * 19


def test_reproduce_without_anything_of_ours_exits_with_3():
    done = ran("reproduce", "suite-zero", "aznas", code=3)
    assert "no table has a number of ours" in done.stderr


def test_reproduce_refuses_an_unknown_table_at_once(store, tmp_path):
    store()
    ran("reproduce", "suite-zero", "suite-zer", "-o", str(tmp_path / "made"), code=2)
    assert not (tmp_path / "made").exists()


def test_tables_are_listed_with_their_summaries():
    listed = {row["name"]: row["summary"] for row in records("list", "tables")}
    assert list(listed) == list(layouts())
    assert all(listed.values())
