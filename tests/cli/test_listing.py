from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app
from zsbench.cli.listing import needs
from zsbench.registry import proxies, spaces


def listed(*arguments: str):
    done = CliRunner().invoke(app, ["list", *arguments, "--format", "json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", [[], ["spaces"], ["proxies"], ["targets"], ["tables"], ["protocols"]], ids=str)
def test_every_list_is_records_with_a_name(what):
    records = listed(*what)
    assert records
    assert all(record["name"] for record in records)


def test_the_overview_names_all_spaces_and_proxies():
    records = listed()
    assert [r["name"] for r in records if r["kind"] == "space"] == list(spaces())
    assert [r["name"] for r in records if r["kind"] == "proxy"] == list(proxies())
    assert len(records) == len(spaces()) + len(proxies())


def test_a_space_tells_its_size_and_datasets():
    nb201 = next(record for record in listed("spaces") if record["name"] == "nb201")
    assert nb201["networks"] == 15_625
    assert nb201["datasets"] == "cifar10, cifar100, ImageNet16-120"


def test_a_space_tells_its_truth_or_the_command_that_brings_it():
    truth = {record["name"]: record["truth"] for record in listed("spaces")}
    assert truth["nb201"] == "valid"
    assert truth["nds-darts"].endswith("zsbench data import nds-darts FILE: nds.zip or its DARTS.json")
    assert "zsbench data import nats-sss FILE" in truth["nats-sss"]


def test_a_proxy_tells_family_direction_and_needs():
    by_name = {record["name"]: record for record in listed("proxies")}
    assert by_name["ntk_cond"]["direction"] == "lower is better"
    assert by_name["snip"] | {"family": "gradient", "direction": "higher is better"} == by_name["snip"]
    assert by_name["snip"]["needs"] == "loss gradients"
    assert by_name["zico"]["needs"] == "loss gradients (batches=2)"


def test_an_aggregate_needs_other_proxies():
    assert needs(proxies()["te_nas"]) == "ntk_cond, linear_regions"


def test_targets_come_with_their_source():
    valid = [r for r in listed("targets") if (r["name"], r["space"], r["dataset"]) == ("valid", "nb201", "cifar10")]
    assert len(valid) == 1
    assert "validation accuracy after 200 epochs" in valid[0]["source"]


def test_protocols_come_with_their_summary():
    assert {record["name"] for record in listed("protocols")} >= {"unified", "original"}
    assert all(record["summary"] for record in listed("protocols"))


def test_a_pipe_gets_tab_separated_values():
    done = CliRunner().invoke(app, ["list", "spaces"])
    assert done.stdout.splitlines()[0] == "name\tnetworks\tdatasets\ttruth\tsummary"


def test_a_list_can_go_to_a_file(tmp_path):
    path = tmp_path / "proxies.csv"
    done = CliRunner().invoke(app, ["list", "proxies", "-o", str(path)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert len(path.read_text().splitlines()) == 1 + len(proxies())
