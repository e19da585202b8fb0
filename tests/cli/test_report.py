"""`zsbench report` as a command: where the page goes, and what is said where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import zsbench.cli.report as report_module
from zsbench.cli.app import app
from zsbench.cli.report import report
from zsbench.errors import UsageError


@pytest.fixture
def quick(monkeypatch):
    """Put a page of a few words in the place of the page: what it says is tested elsewhere."""
    from zsbench.conditions import Conditions
    from zsbench.paths import results_folder
    from zsbench.provenance import Provenance
    from zsbench.registry import find_space, proxies
    from zsbench.score import Score, Status
    from zsbench.store import Writer, scores_folder

    space = find_space("nb201")
    version = proxies()["params"].version
    scores = [Score(i, space.arch(i), "params", version, float(i), Status.OK, 0.1) for i in range(20)]
    with Writer(scores_folder(results_folder()), Provenance(command="scored so")) as writer:
        writer.add("nb201", "cifar10", Conditions(), scores)
    seen = {}

    def page(studies, sources, making):
        seen.update(studies=studies, sources=sources, making=making)
        return "<!doctype html>–\n"

    monkeypatch.setattr("zsbench.report.page.page", page)
    return seen


def run(*arguments, code=0):
    done = CliRunner().invoke(app, ["report", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_with_nothing_stored_it_exits_with_3_and_names_the_command_and_loads_no_plotting_library(tmp_path):
    tell = "print('matplotlib' in sys.modules, file=sys.stderr)"
    script = f"import sys; from zsbench.cli.app import main\ntry: main()\nfinally: {tell}"
    words = ["report", "--results", str(tmp_path / "none"), "-o", str(tmp_path / "report.html")]
    command = [sys.executable, "-c", script, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "zsbench score --space nb201" in done.stderr
    assert done.stderr.endswith("False\n")
    assert not (tmp_path / "report.html").exists()


def test_the_page_is_written_whole_into_folders_that_it_makes(quick, tmp_path):
    path = tmp_path / "new" / "report.html"
    done = run("-o", str(path))
    assert path.read_text(encoding="utf-8") == "<!doctype html>–\n"
    assert done.stdout == ""
    assert done.stderr.endswith(f"wrote {path}\n")


def test_an_output_that_cannot_be_written_is_one_clear_line(quick, tmp_path):
    done = run("-o", str(tmp_path), code=1)
    assert done.stderr.splitlines()[-1].startswith(f"error: cannot write {tmp_path}: ")


def test_a_pipe_gets_the_page_and_nothing_else(quick):
    assert run().stdout == "<!doctype html>–\n"


def test_a_terminal_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(report_module.sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="terminal") as error:
        report()
    assert error.value.hint == "-o report.html"


def test_the_page_knows_who_scored_and_when_it_was_made(quick, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    run("-o", str(tmp_path / "r.html"))
    making = quick["making"]
    assert making.own.started.startswith("1970-01-02T00:00")
    assert [one.command for one in making.runs] == ["scored so"]


def test_a_moment_that_is_none_is_a_usage_error(quick, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert "SOURCE_DATE_EPOCH = yesterday" in run(code=2).stderr


def test_tables_of_published_values_read_the_scores_of_the_page_and_no_others(quick):
    from zsbench.conditions import Conditions
    from zsbench.paths import results_folder
    from zsbench.provenance import Provenance
    from zsbench.registry import find_space, proxies
    from zsbench.score import Score, Status
    from zsbench.store import Writer, scores_folder

    space, version = find_space("nb201"), proxies()["params"].version
    few = [Score(i, space.arch(i), "params", version, 1.0 + i, Status.OK, 0.1) for i in range(5)]
    with Writer(scores_folder(results_folder()), Provenance(command="another")) as writer:
        writer.add("nb201", "cifar10", Conditions(seed=1), few)
    done = run()
    assert "is also stored under" in done.stderr
    kept = quick["sources"].read("nb201", "cifar10")
    assert [one.conditions.seed for one in kept] == [0]
    assert list(quick["sources"].read("nb201", "cifar100")) == []
    assert [one.command for one in quick["making"].runs] == ["scored so"]


def test_commands_on_the_page_repeat_what_was_asked_for(quick, tmp_path):
    from zsbench.figures import find_figure
    from zsbench.paths import results_folder

    folder = str(results_folder())
    run(
        "--results", folder, "--proxy", "par*", "--target", "valid", "--regime", "valid", "-o", str(tmp_path / "r.html")
    )
    commands, studies = quick["making"].commands, quick["studies"]
    shared = "--space nb201 --dataset cifar10 --target valid --regime valid"
    asked = f"--proxy 'par*' --results {folder}"
    assert commands.figure(find_figure("forest"), studies) == f"zsbench plot forest {shared} -o forest.pdf {asked}"
    assert commands.correlations(studies[0], "--bias") == f"zsbench correlate {shared} --bias {asked}"
    assert commands.printed("aznas") == f"zsbench table aznas --results {folder}"
