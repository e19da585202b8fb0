"""The example project under watch: by hand, in its own tests, and by the steps of the action, run as scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "check"
INSTALL = re.compile(r"run: (python -m pip .*)")
STEP = re.compile(r"run: \|\n(.*)\Z", re.DOTALL)


@pytest.fixture
def project(tmp_path):
    """Return a copy of the project beside what an installer writes of it."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "project")
    described = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / f"own_proxy-{described['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: own-proxy\nVersion: {described['version']}\n")
    points = "\n".join(f"{n} = {m}" for n, m in described["entry-points"]["zsbench.proxies"].items())
    (info / "entry_points.txt").write_text(f"[zsbench.proxies]\n{points}\n")
    return folder


def run(project, *words, **environment):
    # Annotations and the summary are wanted where a test says so, not because our own CI runs on GitHub.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTEST_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), clean["PATH"]])
    return subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=150,
        cwd=project,
        env=clean | {"PYTHONPATH": str(project), "PATH": path} | environment,
    )


def break_it(project):
    file = project / "own_proxy" / "gradient_spread.py"
    file.write_text(file.read_text().replace("return min(norms)", "return -min(norms)"))


def own_test(project):
    words = ("-q", "-p", "zsbench.pytest_plugin", "-p", "no:cacheprovider", "tests")
    return run(project, sys.executable, "-m", "pytest", *words)


def action(project, **inputs):
    (step,) = STEP.findall((ROOT / "action.yml").read_text(encoding="utf-8"))
    none = dict.fromkeys(("PROXY", "JUNIT", "SEED"), "")
    given = none | {"BASELINE": "baseline.h5", "STRICT": "false", "GATE": "numbers"} | inputs
    summary = project / "summary.md"
    given |= {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(project), "GITHUB_STEP_SUMMARY": str(summary)}
    return run(project, "bash", "-e", "-c", textwrap.dedent(step), **given)


def test_its_own_test_passes_until_the_proxy_is_broken(project):
    passed = own_test(project)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    break_it(project)
    failed = own_test(project)
    assert failed.returncode == 1
    assert "gradient_spread" in failed.stdout
    assert "upside down" in failed.stdout


def test_the_action_says_which_file_to_look_at(project):
    break_it(project)
    done = action(project, PROXY="gradient_spread", JUNIT="report.xml")
    assert done.returncode == 4, done.stderr
    assert (
        "::error file=own_proxy/gradient_spread.py,line=1,title=zsbench check%3A gradient_spread moved" in done.stderr
    )
    assert (project / "summary.md").read_text().startswith("### 1 of 1 proxy moved")
    assert 'classname="zsbench.gradient_spread"' in (project / "report.xml").read_text()


def test_the_action_passes_what_did_not_move(project):
    done = action(project, STRICT="false")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### No ranking moved")


def test_the_action_installs_itself_and_the_project_that_depends_on_it_in_one_go(tmp_path):
    (step,) = INSTALL.findall((ROOT / "action.yml").read_text(encoding="utf-8"))
    pretended = tmp_path / "bin" / "python"
    pretended.parent.mkdir()
    pretended.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n')
    pretended.chmod(0o755)
    path = os.pathsep.join([str(pretended.parent), os.environ["PATH"]])
    for project, words in ((".", ["/their/zsbench", "."]), ("", ["/their/zsbench"])):
        done = run(tmp_path, "bash", "-e", "-c", step, INSTALL="/their/zsbench", PROJECT=project, PATH=path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "words").read_text().split() == ["-m", "pip", "install", "--quiet", *words]


def test_every_input_of_the_action_reaches_its_step():
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    declared = re.findall(r"^  (\w+):\n    description", text, re.MULTILINE)
    assert all(f"${{{{ inputs.{name} }}}}" in text for name in declared)
