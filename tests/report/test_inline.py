"""Figures within the page: nothing that concerns the page as a whole is left in them, and colours follow the theme."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from zsbench.figures.drawn import Drawn, as_svg
from zsbench.figures.tokens import INK, MUTED
from zsbench.report.inline import Styles, inlined, property_of


@pytest.fixture
def drawn():
    """A figure with a line, text, and points as a picture of the colours given."""

    def draw(*colours):
        figure = Figure(figsize=(3, 2))
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.plot([0, 1], [0, 1], color=MUTED.light)
        axes.text(0.2, 0.8, "a < b & c", color=INK.light)
        for at, colour in enumerate(colours):
            axes.plot(np.linspace(0, 1, 5), np.full(5, at / 4), "o", color=colour, alpha=0.4, rasterized=True)
        return as_svg(Drawn("made-up", "title", "caption", "alt", figure))

    return draw


def elements(svg, tag):
    return [one for one in ET.fromstring(svg).iter() if one.tag == tag]


def test_styles_are_classes_and_colours_are_custom_properties(drawn):
    styles = Styles()
    svg = inlined(drawn(), "one", styles)
    assert "style=" not in svg
    assert "<style" not in svg
    assert "metadata" not in svg
    assert MUTED.light not in svg + styles.css()
    assert f"stroke:var({property_of(MUTED.name)})" in styles.css()
    (text,) = [one for one in elements(svg, "text") if one.text == "a < b & c"]
    (rule,) = [line for line in styles.css().splitlines() if line.startswith(f".{text.get('class')}{{")]
    assert f"fill:var({property_of(INK.name)})" in rule
    assert "font-family" not in styles.css()


def test_equal_styles_share_a_class_over_all_figures(drawn):
    styles = Styles()
    inlined(drawn(), "one", styles)
    before = styles.css()
    inlined(drawn(), "two", styles)
    assert styles.css() == before


def test_names_are_the_figures_own_and_what_refers_to_them_still_does(drawn):
    first, second = (inlined(drawn(INK.light), name, Styles()) for name in ("one", "two"))
    ids = [{one.get("id") for one in ET.fromstring(svg).iter() if one.get("id")} for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, known in zip((first, second), ids, strict=True):
        used = {name[1:] for name in re.findall(r'href="(#[^"]+)"', svg)} | set(re.findall(r"url\(#([^)]+)\)", svg))
        assert used
        assert used <= known


def test_a_figure_takes_its_name_and_description_from_the_page(drawn):
    root = ET.fromstring(inlined(drawn(), "one", Styles()))
    assert root.attrib.keys() >= {"viewBox", "class"}
    assert (root.get("role"), root.get("aria-labelledby"), root.get("aria-describedby")) == (
        "img", "one-title", "one-alt",
    )  # fmt: skip


def test_points_of_one_colour_are_seen_through_a_mask_and_follow_the_theme(drawn):
    styles = Styles()
    svg = inlined(drawn(MUTED.light), "one", styles)
    (mask,) = elements(svg, "mask")
    (picture,) = list(mask)
    (cover,) = [one for one in elements(svg, "rect") if one.get("mask")]
    assert picture.tag == "image"
    assert cover.get("mask") == f"url(#{mask.get('id')})"
    assert [cover.get(key) for key in ("x", "width", "height")] == [
        picture.get(key) for key in ("x", "width", "height")
    ]
    assert cover.get("transform")
    assert not picture.get("transform")
    assert f".{cover.get('class')}{{fill:var(--muted)}}" in styles.css()


def test_points_of_several_colours_stay_a_picture(drawn):
    svg = inlined(drawn(MUTED.light, INK.light), "one", Styles())
    assert elements(svg, "mask") == []
    assert len(elements(svg, "image")) == 1


def test_rounding_moves_nothing_by_more_than_half_a_hundredth(drawn):
    before, after = drawn().decode(), inlined(drawn(), "one", Styles())

    def paths(svg):
        found = [one.get("d") for one in ET.fromstring(svg).iter() if one.tag.endswith("path")]
        return [float(number) for path in found for number in re.findall(r"-?\d+(?:\.\d+)?", path)]

    assert len(after) < len(before)
    assert paths(after) == pytest.approx(paths(before), abs=0.005001)
