from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from zsbench.errors import ZsbenchError, ZsbenchWarning
from zsbench.paths import data_folder
from zsbench.truths import writing
from zsbench.truths.columns import TruthColumn, mean_over_seeds
from zsbench.truths.files import SCHEMA, Origin, imported_files, read_truth
from zsbench.truths.writing import write_import

ORIGIN = Origin("accs.csv", "ab" * 32, 123, "table")
VALUES = np.array([50.0, np.nan, 93.25])
SEEDS = np.array([[49.0, 51.0], [np.nan, np.nan], [93.25, np.nan]])


def column(scale: float = 1.0) -> TruthColumn:
    return TruthColumn("cifar10", "test", "column acc", VALUES * scale, SEEDS * scale)


def test_what_is_written_is_read() -> None:
    plain = TruthColumn("cifar100", "valid", "column b", VALUES)
    written = write_import("nb201", "mine", ORIGIN, [column(), plain])
    (found,) = imported_files("nb201")
    assert (found.name, found.origin, found.imported) == ("mine", ORIGIN, written.imported)
    assert sorted(found.columns) == [("cifar10", "test", "column acc"), ("cifar100", "valid", "column b")]
    truth = read_truth(found, "cifar10", "test")
    np.testing.assert_array_equal(truth.values, VALUES)
    np.testing.assert_array_equal(truth.seeds, SEEDS)
    assert read_truth(found, "cifar100", "valid").seeds is None
    assert truth.source == f"mine: column acc (accs.csv, sha256 abababababab, imported {written.imported[:10]})"


def test_a_full_space_is_stored_in_little() -> None:
    values = np.round(np.random.default_rng(0).uniform(0, 100, 15625), 4)
    written = write_import("nb201", "mine", ORIGIN, [TruthColumn("cifar10", "test", "x", values)])
    assert written.path.stat().st_size < 150_000


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    write_import("nb201", "mine", ORIGIN, [column()])

    def full(path: Path, *rest: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_write", full)
    with pytest.raises(ZsbenchError, match="No space left on device"):
        write_import("nb201", "mine", ORIGIN, [column(0.5)], replace=True)
    assert [path.name for path in (data_folder() / "nb201").iterdir()] == ["mine.h5"]
    (found,) = imported_files("nb201")
    np.testing.assert_array_equal(read_truth(found, "cifar10", "test").values, VALUES)


def test_a_process_killed_while_writing_leaves_no_import() -> None:
    code = (
        "import os, signal, numpy as np; from zsbench.truths import writing as f\n"
        "write = f._write\n"
        "def killed(*a): write(*a); os.kill(os.getpid(), signal.SIGKILL)\n"
        "f._write = killed\n"
        "c = f.TruthColumn('cifar10', 'test', 'x', np.ones(3))\n"
        "f.write_import('nb201', 'mine', f.Origin('a', 'b', 1, 'table'), [c])\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode != 0
    assert imported_files("nb201") == []
    assert len(list((data_folder() / "nb201").iterdir())) == 1  # the part aside, which nobody reads
    write_import("nb201", "mine", ORIGIN, [column()])
    assert len(imported_files("nb201")) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "closed"))
    with pytest.raises(ZsbenchError, match="cannot write"):
        write_import("nb201", "mine", ORIGIN, [column()])


def test_a_file_in_the_place_of_the_folder_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZSBENCH_DATA", str(tmp_path / "file"))
    with pytest.raises(ZsbenchError, match="cannot write") as caught:
        write_import("nb201", "mine", ORIGIN, [column()])
    assert "ZSBENCH_DATA" in caught.value.hint


@pytest.mark.parametrize("keep", [0, 100, 3000])
def test_a_truncated_import_is_named_and_left_out(keep: int) -> None:
    written = write_import("nb201", "mine", ORIGIN, [column()])
    write_import("nb201", "whole", ORIGIN, [column()])
    written.path.write_bytes(written.path.read_bytes()[:keep])
    with pytest.warns(ZsbenchWarning, match=r"mine\.h5 is truncated or no truth file"):
        found = imported_files("nb201")
    assert [one.name for one in found] == ["whole"]


def test_an_altered_import_is_refused_with_both_checksums() -> None:
    written = write_import("nb201", "mine", ORIGIN, [column()])
    with h5py.File(written.path, "a") as file:
        file["cifar10/test/values"][0] = 99.0
    with pytest.raises(ZsbenchError, match=r"mine\.h5 is altered: cifar10/test has sha256 \w{64}, .* with \w{64}"):
        read_truth(written, "cifar10", "test")


def test_a_newer_schema_says_so() -> None:
    written = write_import("nb201", "mine", ORIGIN, [column()])
    with h5py.File(written.path, "a") as file:
        file.attrs["schema"] = SCHEMA + 1
    with pytest.warns(ZsbenchWarning, match=r"written by a newer zsbench \(schema 2, this one reads 1\)"):
        assert imported_files("nb201") == []


def test_the_mean_over_seeds_skips_missing_runs_and_float_noise() -> None:
    seeds = np.array([[82.09199998291015, 81.61599997314453, np.nan], [np.nan] * 3, [82.092, np.nan, 81.616]])
    np.testing.assert_array_equal(mean_over_seeds(seeds), [81.854, np.nan, 81.854])
