"""What the options of `zsbench score` mean, and what is refused before anything is computed."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from zsbench.cli.request import Request, find_device
from zsbench.errors import UsageError, ZsbenchError
from zsbench.registry import find_space, proxies

NB201 = find_space("nb201")
NONE, SKIP = 1651, 1835
DEFAULTS = {
    "space": "nb201",
    "datasets": None,
    "proxies": None,
    "sample": 1,
    "archs": None,
    "unique": False,
    "protocol": "unified",
    "batch_size": None,
    "init": None,
    "source": "noise",
    "seeds": "0",
    "device": "cpu",
    "workers": None,
    "results": None,
}


def parse(**options: object) -> Request:
    return Request.parse(**(DEFAULTS | options))


def names(request: Request) -> list[str]:
    return [proxy.name for proxy in request.proxies]


@pytest.fixture
def listed(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "archs.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_by_default_every_proxy_that_is_measured_on_the_first_dataset(tmp_path):
    request = parse(sample=None)
    assert names(request) == [name for name, proxy in proxies().items() if not proxy.is_aggregate]
    assert [dataset.name for dataset in request.datasets] == ["cifar10"]
    assert sorted(request.indices) == list(range(len(NB201)))
    assert (request.seeds, request.device) == ((0,), "cpu")
    assert request.workers >= 1


def test_proxies_are_named_by_wildcard_and_family():
    assert names(parse(proxies=["grad*"])) == ["grad_norm", "gradsign"]
    assert names(parse(proxies=["params", "snip", "params"])) == ["params", "snip"]
    family = [name for name, proxy in proxies().items() if proxy.family == "gradient"]
    assert names(parse(proxies=["family:gradient"])) == family


def test_an_aggregate_is_measured_by_its_parts():
    assert names(parse(proxies=["te_nas"])) == ["linear_regions", "ntk_cond"]
    assert names(parse(proxies=["te_nas", "ntk_cond"])) == ["linear_regions", "ntk_cond"]


def test_datasets_are_repeatable_and_all_is_all_of_them():
    assert [d.name for d in parse(datasets=["cifar100", "imagenet16-120", "cifar100"]).datasets] == [
        "cifar100",
        "ImageNet16-120",
    ]
    assert parse(datasets=["all"]).datasets == NB201.datasets


def test_samples_nest():
    small, large = parse(sample=5).indices, parse(sample=50).indices
    assert large[:5] == small
    assert len(set(large)) == 50


@pytest.mark.parametrize(
    ("text", "seeds"), [("0", (0,)), ("0-4", (0, 1, 2, 3, 4)), ("0,3", (0, 3)), ("3, 1-2,3", (3, 1, 2))]
)
def test_seeds_are_numbers_ranges_and_lists(text, seeds):
    assert parse(seeds=text).seeds == seeds


def test_a_file_of_architectures_takes_indices_strings_comments_and_blank_lines(listed):
    text = f"# chosen\n\n{NONE}\r\n  {NB201.arch(SKIP)}  \n111111\n7\n"
    assert parse(sample=None, archs=listed(text)).indices == (NONE, SKIP, 7)
    assert parse(sample=None, archs=listed("\ufeff" + text)).indices == (NONE, SKIP, 7)


def test_architectures_come_from_stdin_too(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SKIP}\n"))
    assert parse(sample=None, archs=Path("-")).indices == (SKIP,)


def test_conditions_can_be_overridden_one_by_one():
    snip = proxies()["snip"]
    given = parse(batch_size=8, init="kaiming_fan_in").conditions(snip, 3)
    assert (given.batch_size, given.samples, given.init, given.seed) == (8, 8, "kaiming_fan_in", 3)
    assert parse(batch_size=128).conditions(snip, 0).samples == 16
    assert parse().conditions(snip, 0).batch_size == 64


def test_the_original_protocol_gives_each_proxy_its_own():
    request = parse(protocol="original")
    zen, snip = (request.conditions(proxies()[name], 0) for name in ("zen", "snip"))
    assert (zen.batch_size, zen.repeats, snip.batch_size, snip.repeats) == (16, 32, 64, 1)


def test_a_protocol_may_be_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[conditions]\nbatch_size = 8\nsamples = 4\n[proxy.zen]\nrepeats = 2\n")
    request = parse(protocol=str(path))
    zen, snip = (request.conditions(proxies()[name], 0) for name in ("zen", "snip"))
    assert (zen.protocol, zen.batch_size, zen.samples, zen.repeats, snip.repeats) == ("mine", 8, 4, 2, 1)


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"space": "nb20"}, "unknown space 'nb20'", "nb201"),
        ({"datasets": ["cifar1"]}, "unknown dataset of nb201 'cifar1'", "cifar10"),
        ({"proxies": ["synflw"]}, "unknown proxy 'synflw'", "synflow"),
        ({"proxies": ["zz*"]}, r"no proxy matches 'zz\*'", "zico"),
        ({"proxies": ["family:gradeint"]}, "unknown family", "gradient"),
        ({"protocol": "orginal"}, "unknown protocol", "original"),
        ({"protocol": "missing.toml"}, "cannot read protocol", ""),
        ({"init": "kaiming"}, "unknown init", "kaiming_fan_in"),
        ({"batch_size": 1}, "batch size 1 is too small", "at least 2"),
        ({"sample": 0}, "a sample of 0", "15,625"),
        ({"sample": 15_626}, "a sample of 15626", "15,625"),
        ({"seeds": "a"}, "not a list of seeds", "0-4"),
        ({"seeds": "4-0"}, "runs backwards", "0-4"),
        ({"seeds": "0,,1"}, "not a list of seeds", "0-4"),
        ({"seeds": "-1"}, "not a list of seeds", "0-4"),
        ({"workers": 0}, "--workers 0", "at least 1"),
        ({"device": "gpu"}, "unknown device 'gpu'", "cpu"),
        ({"archs": Path("a.txt")}, "exclude each other", "one of them"),
    ],
)
def test_what_cannot_be_met_is_a_usage_error_with_a_hint(options, message, hint):
    with pytest.raises(UsageError, match=message) as caught:
        parse(**options)
    assert hint in caught.value.hint


def test_a_protocol_file_with_an_unknown_key_names_it(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[proxy.zen]\nrepeat = 2\n")
    with pytest.raises(UsageError, match=r"mine\.toml .*unknown key 'repeat'") as caught:
        parse(protocol=str(path))
    assert "repeats" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7\n\n|nor_conv_3x3~0|+|oops\n", "line 3: .*oops"),
        ("# only\n99999\n", "line 2: there is no architecture 99999"),
        ("# only\n\n", "names no architecture"),
    ],
)
def test_a_line_that_is_no_architecture_is_shown_with_its_number(listed, text, message):
    with pytest.raises(UsageError, match=message):
        parse(sample=None, archs=listed(text))


def test_a_file_that_cannot_be_read_is_an_explained_error(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "binary", ""):
        with pytest.raises(ZsbenchError, match="cannot read architectures from") as caught:
            parse(sample=None, archs=tmp_path / name)
        assert caught.value.hint


@pytest.mark.parametrize("name", ["cpu:0", "auto:1", "cuda:", "cuda:x", "mps:1", "", "CPU"])
def test_devices_are_spelt_in_one_way(name):
    with pytest.raises(UsageError, match="unknown device"):
        find_device(name)


def test_a_device_that_is_not_here_is_an_explained_error(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert find_device("cuda") == "cuda"
    assert find_device("cuda:0") == "cuda:0"
    for name, count in (("cuda:1", 1), ("cuda", 0)):
        monkeypatch.setattr(torch.cuda, "device_count", lambda count=count: count)
        with pytest.raises(ZsbenchError, match=f"no device {name} here") as caught:
            find_device(name)
        assert caught.value.exit_code == 1


def test_a_slip_in_a_range_of_seeds_is_refused_at_once():
    with pytest.raises(UsageError, match="asks for 1,000,000,001 seeds"):
        parse(seeds="0-1000000000")
