from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zsbench import provenance
from zsbench.errors import ZsbenchError
from zsbench.provenance import Provenance, collect, command_line


def test_provenance_round_trips_and_forgets_keys_of_newer_versions():
    found = collect(device="cpu", command=["/x/bin/zsbench", "score"])
    assert Provenance.from_json(found.to_json()) == found
    assert Provenance.from_json('{"command": "c", "moon_phase": 3}') == Provenance(command="c")
    with pytest.raises(ZsbenchError, match="unreadable provenance"):
        Provenance.from_json("[]")


def test_it_says_which_versions_ran_what_and_when():
    found = collect(command=["/x/bin/zsbench", "score", "--proxy", "grad*"])
    assert {"python", "zsbench", "torch", "numpy", "h5py"} <= set(found.versions)
    assert found.command == "zsbench score --proxy 'grad*'"
    assert found.started.endswith("+00:00")


def test_the_home_folder_is_not_named(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    assert command_line(["zsbench", "--results", "/home/someone/r"]) == "zsbench --results '~/r'"
    assert command_line(["/a/zsbench/__main__.py", "env"]) == "zsbench env"
    assert command_line([]) == ""


def test_collecting_never_imports_torch():
    code = "import sys; from zsbench.provenance import collect; collect(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_commit_and_changes_of_a_checkout_are_recorded(tmp_path: Path):
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    assert provenance._checkout(tmp_path) == ("", None)
    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-qm", "first")
    assert provenance._checkout(tmp_path) == (git("rev-parse", "HEAD"), False)
    (tmp_path / "file").write_text("2")
    assert provenance._checkout(tmp_path)[1] is True
