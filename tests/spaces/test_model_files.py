"""Spaces made of a user's file: what names them, what is noticed, what is kept."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path

import pytest
import torch

from zsbench.errors import UsageError, ZsbenchError
from zsbench.registry import find_space, spaces
from zsbench.spaces.base import Dataset
from zsbench.spaces.model_files import earlier, register, registered

TINY = Dataset("tiny", 8, 3)
TEXT = """from torch import nn

def networks():
    for width in (4, 8):
        body = [nn.Conv2d(3, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        yield f"w{width}", nn.Sequential(*body, nn.Linear(width, 3))
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my nets.py"
    path.write_text(TEXT, encoding="utf-8")
    return path


def records() -> list[Path]:
    return sorted(Path(os.environ["ZSBENCH_DATA"]).glob("*/model.json"))


def test_a_registered_file_is_a_space_for_every_later_command(file):
    made = register(file, "networks", TINY)
    space = find_space(made.name)
    assert space.name.startswith("model-my-nets-")
    assert space.name in spaces()
    assert [space.arch(index) for index in range(len(space))] == list(space.keys()) == ["w4", "w8"]
    assert [space.index(text) for text in ("w8", " w8 ", "1")] == [1, 1, 1]
    assert space.costs("tiny")["params"].tolist() == [4 * 27 + 4 + 15, 8 * 27 + 8 + 27]
    assert space.datasets == (TINY,)
    assert space.network("w8", "tiny")(torch.zeros(2, 3, 8, 8)).shape == (2, 3)


def test_registering_again_changes_nothing(file):
    first, again = register(file, "networks", TINY), register(file, "networks", TINY)
    assert first.name == again.name
    assert len(records()) == 1
    assert earlier(again, registered().values()) == []


def test_the_same_content_elsewhere_is_the_same_space(file, tmp_path):
    before = register(file, "networks", TINY)
    (tmp_path / "moved").mkdir()
    after = register(file.rename(tmp_path / "moved" / file.name), "networks", TINY)
    assert after.name == before.name
    assert find_space(after.name).network("w4", "tiny") is not None


@pytest.mark.parametrize(
    ("old", "new"), [("(4, 8)", "(4, 8, 16)"), ("nn.ReLU()", "nn.Tanh()"), ("\n\ndef", "\n# a comment\ndef")]
)
def test_a_changed_file_is_another_space_beside_the_old_one(file, old, new):
    before = register(file, "networks", TINY)
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    after = register(file, "networks", TINY)
    assert after.name != before.name
    assert earlier(after, registered().values()) == [before.name]
    assert {before.name, after.name} <= set(spaces())


def test_another_dataset_is_another_space(file):
    names = {register(file, "networks", Dataset("tiny", size, 3)).name for size in (8, 16)}
    assert len(names) == 2


def test_networks_of_a_file_that_has_changed_since_are_not_built(file):
    space = register(file, "networks", TINY)
    file.write_text(TEXT + "\n", encoding="utf-8")
    with pytest.raises(ZsbenchError, match="has changed since") as caught:
        space.network("w4", "tiny")
    assert caught.value.hint.startswith(f"zsbench score --model {file}:networks")


def test_a_change_of_what_the_file_imports_is_noticed_by_its_structure(file, tmp_path, monkeypatch):
    beside = tmp_path / "widths_beside.py"
    beside.write_text("WIDTH = 4\n", encoding="utf-8")
    file.write_text("import widths_beside\n" + TEXT.replace("(4, 8)", "(widths_beside.WIDTH,)").replace(
        'f"w{width}"', '"net"'), encoding="utf-8")  # fmt: skip
    space = register(file, "networks", TINY)
    space.network("net", "tiny")
    monkeypatch.setattr(importlib.import_module("widths_beside"), "WIDTH", 5)
    with pytest.raises(ZsbenchError, match="builds net otherwise"):
        space.network("net", "tiny")


def test_what_is_stored_can_be_read_without_the_file(file):
    name = register(file, "networks", TINY).name
    file.unlink()
    assert find_space(name).arch(1) == "w8"
    with pytest.raises(ZsbenchError, match="cannot read"):
        find_space(name).network("w8", "tiny")


def test_names_that_are_numbers_come_before_indices(file):
    file.write_text(TEXT.replace('f"w{width}"', "str(width % 8 // 4)"), encoding="utf-8")
    space = register(file, "networks", TINY)
    assert [space.arch(index) for index in range(2)] == ["1", "0"]
    assert space.index("0") == 1


def test_an_unknown_name_gets_a_suggestion(file):
    with pytest.raises(UsageError) as caught:
        register(file, "networks", TINY).index("w88")
    assert "w8" in caught.value.hint


@pytest.mark.parametrize("dataset", [Dataset("tiny", 8, 10), Dataset("small", 2, 3)])
def test_networks_for_other_images_are_refused_and_nothing_is_kept(file, dataset):
    with pytest.raises(ZsbenchError, match=f"images of {dataset.name}"):
        register(file, "networks", dataset)
    assert records() == []


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"schema": 2}', b"\xff"])
def test_a_damaged_record_is_left_out(file, damage):
    name = register(file, "networks", TINY).name
    records()[0].write_bytes(damage)
    os.utime(records()[0], ns=(1, 1))
    assert name not in spaces()
    assert "nb201" in spaces()


def test_an_edited_record_is_left_out(file):
    name = register(file, "networks", TINY).name
    content = json.loads(records()[0].read_text())
    content["networks"][0]["params"] += 1
    records()[0].write_text(json.dumps(content))
    os.utime(records()[0], ns=(1, 1))
    assert name not in spaces()
