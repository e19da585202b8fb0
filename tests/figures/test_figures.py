"""Every figure: drawn without a warning, the same bytes again, in known colours, with words that carry the numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from zsbench.cli.studies import stored_studies
from zsbench.errors import NothingToReportError, UsageError
from zsbench.figures import FIGURES, draw, find_figure, heatmap, scatter
from zsbench.figures.drawn import Kind, as_file, as_svg, kind_of
from zsbench.figures.tokens import TOKENS
from zsbench.figures.words import number
from zsbench.tables.cost import on_front
from zsbench.tables.matrix import between_proxies

PLAIN = {"none", "#000000", "black"}
"""Colours that matplotlib writes where nothing is coloured."""


def given(kind, studies):
    return studies if kind.across else studies[:1]


@pytest.fixture(scope="module")
def drawn(studies, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:  # figures show installed costs on devices
        patch.setenv("ZSBENCH_DATA", str(tmp_path_factory.mktemp("none")))
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


def test_the_front_goes_from_the_cheapest_to_the_dearest(drawn, studies):
    whole = studies[0].whole
    front = sorted((line for line in whole.lines if on_front(line, whole)), key=lambda line: line.seconds)
    said = drawn["cost"].alt.partition("at both: ")[2]
    assert re.findall(r"(\w+) \(", said) == [line.scores.proxy.name for line in front]
    assert len(front) > 1


def test_every_proxy_is_named_in_every_figure(drawn, studies):
    for kind in FIGURES:
        written = set(re.findall(r">([a-z_0-9]+)</", as_svg(drawn[kind.name]).decode()))
        assert {line.scores.proxy.name for line in studies[0].whole.lines} <= written, kind.name


def test_no_network_is_left_out_of_the_scatter(studies):
    clouds = []

    def keep(given, height):
        clouds.extend(given)
        heights = height.of(np.concatenate([cloud.accuracy for cloud in given]))
        assert np.isfinite(heights).all()
        assert np.diff(height.of(np.array(height.ticks)))[0] < 0  # ticks from the best downwards
        return Figure()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scatter, "scatter", keep)
        scatter.draw(studies[0])
    assert [len(cloud.rank) for cloud in clouds] == [line.n for line in studies[0].whole.lines]


def test_ties_share_the_mean_of_their_ranks():
    assert scatter.rank_shares(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [0.75, 0.125, 0.75, 0.375]


@pytest.mark.parametrize(
    ("accuracies", "expected"), [([10.0, 94.3], [94, 90, 80, 60, 30]), ([-2.0, 0.0, 6.0], [-2.0, 0.0, 2.0, 4.0, 6.0])]
)
def test_heights_keep_the_best_apart_and_are_linear_where_there_is_no_error(accuracies, expected):
    height = scatter.height_of(np.array(accuracies))
    assert list(height.ticks) == expected


def test_spaces_are_told_apart_in_the_heat_map_only_where_there_are_several():
    tau = {"params": 0.5, "zico": -0.25}
    one = [heatmap.Column("nb201", "cifar10", "test", 100, tau), heatmap.Column("nb201", "cifar10", "valid", 90, tau)]
    two = [*one, heatmap.Column("nats-sss", "ImageNet16-120", "test", 100, {"params": 0.1})]
    words = [{text.get_text() for text in heatmap.heatmap(given).axes[0].texts} for given in (one, two)]
    assert "nb201" not in words[0]
    assert {"nb201", "nats-sss", "n = 90", "−0.25", "–"} <= words[1]


def test_a_number_has_a_true_minus_and_zero_has_none():
    assert number(-0.25) == "−0.250"
    assert number(-0.0004) == "0.000"


def test_a_name_that_says_no_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match="which format"):
        kind_of(tmp_path / "figure.jpeg")
