"""Networks from a user's file."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zsbench.errors import UsageError, ZsbenchError
from zsbench.networks.model_file import build, check_fits, describe, structure

HEAD = "from torch import nn\n\n"


@pytest.fixture
def written(tmp_path):
    """Write a file with these lines, and return where it is."""

    def write(*lines: str, name: str = "nets.py"):
        path = tmp_path / name
        path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def names(path, function="networks"):
    return [name for name, _, _ in describe(path, function)]


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_a_function_may_yield_networks_or_what_builds_them(written):
    path = written(
        "class Net(nn.Linear):",
        "    def __init__(self):",
        "        super().__init__(2, 3)",
        "def networks():",
        "    yield 'one', nn.Linear(2, 2)",
        "    yield 'two', Net",
        "    yield 'three', lambda: nn.Linear(2, 4)",
    )
    assert names(path) == ["one", "two", "three"]
    assert [build(path, "networks", name).network.out_features for name in ("one", "two", "three")] == [2, 3, 4]


def test_it_may_return_a_list(written):
    assert names(written("def networks():", "    return [('a', nn.ReLU()), ('b', nn.ReLU())]")) == ["a", "b"]


def test_weights_do_not_depend_on_networks_yielded_before(written):
    path = written(
        "def networks():", "    for n in ('a', 'b', 'c'):", "        yield n, nn.Sequential(nn.Linear(8, 8))"
    )
    drawn = []
    for name in "abc":
        torch.manual_seed(5)
        drawn.append(weights(build(path, "networks", name)))
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])
    torch.manual_seed(6)
    assert not torch.equal(drawn[0], weights(build(path, "networks", "a")))


def test_a_file_may_import_what_lies_beside_it(written):
    written("def made():", "    return nn.ReLU()", name="beside_the_nets.py")
    path = written("import beside_the_nets", "def networks():", "    yield 'a', beside_the_nets.made()")
    assert names(path) == ["a"]


def test_a_changed_file_is_read_anew_at_once(written):
    """Also where size and time are as before, which would let Python take stale bytecode."""
    assert names(written("def networks():", "    yield 'a', nn.ReLU()")) == ["a"]
    assert names(written("def networks():", "    yield 'b', nn.ReLU()")) == ["b"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["def networks():", "    yield nn.ReLU()"], "yields ReLU ReLU()"),
        (["def networks():", "    yield 'a', 'b'"], r"yields tuple \('a', 'b'\)"),
        (["def networks():", "    yield 1, nn.ReLU()"], "yields tuple"),
        (["def networks():", "    yield ' a', nn.ReLU()"], "yields tuple"),
        (["def networks():", "    yield None"], "yields NoneType None"),
        (["def networks():", "    yield 'a', int"], "what builds 'a' returns int 0"),
        (["def networks():", "    yield from [('a', nn.ReLU())] * 2"], "two networks called 'a'"),
        (["def networks():", "    return []"], "yields no network"),
        (["def networks():", "    pass"], "'NoneType' object is not iterable"),
        (["def networks():", "    raise KeyError('width')"], r"nets\.py, line 4: KeyError: 'width'"),
        (["def networks():", "    yield 'a', lambda: nn.Linear(-1, 2)"], r"line 4: RuntimeError"),
        (["def networks(:"], r"line 3: SyntaxError"),
        (["import no_such_module_at_all"], r"line 3: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_used_is_explained_in_one_line(written, lines, message):
    with pytest.raises(ZsbenchError, match=message) as caught:
        names(written(*lines))
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 1


def test_a_missing_function_gets_a_suggestion(written):
    with pytest.raises(UsageError) as caught:
        names(written("def networks():", "    yield 'a', nn.ReLU()"), "network")
    assert caught.value.hint == "did you mean networks?"


def test_a_network_that_is_not_there_any_more_is_named(written):
    with pytest.raises(ZsbenchError, match="no network called 'b' any more"):
        build(written("def networks():", "    yield 'a', nn.ReLU()"), "networks", "b")


def test_structure_changes_with_modules_and_shapes_alone():
    assert structure(nn.Linear(2, 3)) == structure(nn.Linear(2, 3))
    made = (nn.Linear(2, 3), nn.Linear(3, 2), nn.Sequential(nn.Linear(2, 3)), nn.Linear(2, 3, bias=False))
    assert len({structure(network) for network in made}) == len(made)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Flatten(), r"returns \(2, 192\) for two images of tiny, not \(2, 10\)"),
        (nn.Linear(5, 2), "cannot be run on images of tiny"),
    ],
)
def test_a_network_of_another_size_is_noticed(network, message):
    with pytest.raises(ZsbenchError, match=message) as caught:
        check_fits("net", network, "tiny", 8, 10)
    assert "NAME:SIZE:CLASSES" in caught.value.hint
