"""Every figure: drawn without a warning, the same bytes again, in known colours, with words that carry the numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from zsbench.cli.studies import stored_studies
from zsbench.errors import NothingToReportError, UsageError
from zsbench.figures import FIGURES, draw, find_figure
from zsbench.figures.cost import Point, _front
from zsbench.figures.drawn import Kind, as_file, as_svg, kind_of
from zsbench.figures.tokens import TOKENS
from zsbench.figures.words import number
from zsbench.tables.matrix import between_proxies

PLAIN = {"none", "#000000", "black"}
"""Colours that matplotlib writes where nothing is coloured."""


def given(kind, studies):
    return studies if kind.across else studies[:1]


@pytest.fixture(scope="module")
def drawn(studies):
    return {kind.name: draw(kind, given(kind, studies)) for kind in FIGURES}


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_a_figure_says_what_it_is_over(drawn, kind):
    caption = drawn[kind.name].caption
    assert "n = 240" in caption or "n of networks above each column" in caption
    assert "conditions" in caption
    assert "regime all" in caption


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_a_figure_can_be_read_without_seeing_it(drawn, kind):
    alt = drawn[kind.name].alt
    assert len(re.findall(r"−?\d\.\d", alt)) >= 3, alt  # numbers, not only their subject
    assert any(name in alt for name in ("naswot", "synflow", "params"))


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_a_figure_is_sound_small_xml_in_known_colours(drawn, kind):
    svg = as_svg(drawn[kind.name])
    ET.fromstring(svg)
    assert len(svg) < 600_000
    used = set(re.findall(r"(?:fill|stroke|color): ?(#[0-9a-f]{6})", svg.decode()))
    assert used - {token.light for token in TOKENS} - PLAIN == set()


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.name)
def test_the_same_scores_give_the_same_file(drawn, studies, kind):
    again = draw(kind, given(kind, studies))
    assert as_svg(again) == as_svg(drawn[kind.name])


@pytest.mark.parametrize("file_kind", Kind)
def test_a_figure_becomes_a_file_of_each_format(drawn, file_kind):
    made = as_file(drawn["forest"], file_kind)
    starts = {Kind.PDF: b"%PDF", Kind.SVG: b"<?xml", Kind.PNG: b"\x89PNG"}
    assert made.startswith(starts[file_kind])
    assert as_file(drawn["forest"], file_kind) == made


def test_the_heat_map_sets_datasets_side_by_side(drawn):
    assert {"cifar10", "cifar100"} <= set(re.findall(r"cifar\d+", as_svg(drawn["heatmap"]).decode()))


def test_the_matrix_names_the_most_alike(drawn, studies):
    tau, _ = between_proxies(studies[0].whole)
    highest = np.nanmax(tau[~np.eye(len(tau), dtype=bool)])
    assert f"{number(float(highest))}" in drawn["matrix"].alt


def test_cuts_begin_with_all_networks_and_end_before_they_are_too_few(studies):
    shares = [share for share, _ in studies[0].cuts]
    assert shares[0] == 100
    assert shares == sorted(shares, reverse=True)
    assert all(found.networks >= 10 for _, found in studies[0].cuts)


def test_two_networks_cannot_be_cut(tmp_path, save_scores):
    few = stored_studies(results=save_scores(tmp_path, networks=12))
    with pytest.raises(NothingToReportError, match="too few networks"):
        draw(find_figure("cuts"), few)


def test_no_times_no_figure_of_cost(tmp_path, save_scores):
    untimed = stored_studies(results=save_scores(tmp_path, networks=30, seconds=float("nan")))
    with pytest.raises(NothingToReportError, match="no times"):
        draw(find_figure("cost"), untimed)


def test_one_proxy_cannot_be_compared_with_another(tmp_path, save_scores):
    alone = stored_studies(results=save_scores(tmp_path, networks=30, noise={"naswot": 2.0}))
    with pytest.raises(NothingToReportError, match="no two proxies"):
        draw(find_figure("matrix"), alone)


def test_the_front_goes_from_the_cheapest_to_the_dearest(studies):
    points = [
        Point(line.scores.proxy.name, "gradient", line.estimates[0], line.seconds, front=True)
        for line in studies[0].whole.lines
    ]
    assert [one.seconds for one in _front(points)] == sorted(one.seconds for one in points)


def test_a_number_has_a_true_minus_and_zero_has_none():
    assert number(-0.25) == "−0.250"
    assert number(-0.0004) == "0.000"


def test_a_name_that_says_no_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match="which format"):
        kind_of(tmp_path / "figure.jpeg")
