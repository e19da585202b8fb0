"""Words have the room they need: measured as they are drawn, smaller or shortened where there is too little."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from zsbench.figures import FIGURES, draw, scatter
from zsbench.figures.drawn import Drawn, as_svg
from zsbench.figures.lettering import INCH, SMALLEST, beside, fitted, shortened, text_width
from zsbench.figures.style import house_style

NAMES = st.text(alphabet="abcmw_@[] 109", min_size=1, max_size=60)
LONG = "linear_regions@suite-zero", "zen_paper [original, BatchNorm on running statistics, seed 1]"
BY_NAME = {kind.name: kind for kind in FIGURES}


def boxes(figure):
    """Return (n, 4) left, bottom, right, top in points of all words drawn, and the words; those of axes once."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    beyond = {id(label) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in never_drawn(axis)}
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and id(text) not in beyond]
    # An annotation's own extent counts its leader line too.
    found = [Text.get_window_extent(text, renderer).extents * INCH / figure.dpi for text in texts]
    return np.array(found), [text.get_text() for text in texts]


def never_drawn(axis):
    """Return the labels of ticks beyond the axis' ends."""
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]


def outside(figure, slack=1.0):
    places, words = boxes(figure)
    wide, high = figure.get_size_inches() * INCH
    out = (places[:, :2] < -slack).any(axis=1) | (places[:, 2] > wide + slack) | (places[:, 3] > high + slack)
    return [word for word, is_out in zip(words, out, strict=True) if is_out]


def overlapping(figure, slack=1.0):
    """Return pairs of words that cover each other by more than the leading of their lines."""
    places, words = boxes(figure)
    left, bottom, right, top = places.T
    across = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    up = np.minimum.outer(top, top) - np.maximum.outer(bottom, bottom)
    lower = np.minimum.outer(top - bottom, top - bottom)
    first, second = np.nonzero(np.triu((across > slack) & (up > 0.35 * lower), 1))
    return [(words[i], words[j]) for i, j in zip(first, second, strict=True)]


@pytest.fixture(scope="module")
def many(studies):
    """Return a study of each proxy under three more names, long ones and one of no family, somewhat different."""
    (study, *_), made = studies, np.random.default_rng(0)
    columns = list(study.measured.scores)
    for column in study.measured.scores:
        for name, family in ((LONG[0], column.proxy.family), (LONG[1], ""), ("@suite-zero", column.proxy.family)):
            proxy = dataclasses.replace(column.proxy, name=f"{column.proxy.name}{name}", family=family)
            value = column.value + made.normal(0, 3, column.value.shape)
            columns.append(dataclasses.replace(column, proxy=proxy, value=value))
    measured = dataclasses.replace(study.measured, scores=tuple(columns))
    return [dataclasses.replace(study, measured=measured, proxies=tuple(column.proxy for column in columns))]


@pytest.mark.parametrize("name", BY_NAME)
def test_words_are_within_the_figure_and_off_each_other(studies, name):
    figure = draw(BY_NAME[name], studies if BY_NAME[name].across else studies[:1]).figure
    assert outside(figure) == []
    assert overlapping(figure) == []


@pytest.mark.parametrize("name", BY_NAME)
def test_so_are_those_of_many_proxies_with_long_names(many, name):
    figure = draw(BY_NAME[name], many).figure
    assert outside(figure) == []
    assert overlapping(figure) == []


def test_the_search_for_overlaps_finds_one():
    with house_style():
        figure = Figure(figsize=(2, 1))
        figure.text(0.1, 0.5, "params")
        figure.text(0.15, 0.5, "flops")
        figure.text(0.9, 0.1, "synflow")
    assert overlapping(figure) == [("params", "flops")]
    assert outside(figure) == ["synflow"]


def test_a_proxy_of_no_family_is_one_of_the_others(many):
    assert b">other<" in as_svg(draw(BY_NAME["forest"], many))


def test_a_text_is_as_wide_as_it_is_drawn():
    with house_style():
        figure = Figure(figsize=(5, 1), dpi=720)
        figure.text(0, 0.5, LONG[0], size=8)
        places, _ = boxes(figure)
    assert text_width(LONG[0], 8) == pytest.approx(places[0, 2] - places[0, 0], rel=0.02)
    assert text_width(LONG[0], 8, bold=True) > text_width(LONG[0], 8)


@given(NAMES, st.floats(12, 200))
def test_what_is_fitted_fits_and_is_never_too_small_to_read(text, room):
    short, size = fitted(text, 8.0, room)
    assert text_width(short, size) <= room + 0.5 or len(short) <= 3
    assert SMALLEST <= size <= 8.0
    assert short == text or "…" in short


@given(NAMES)
def test_a_text_with_room_is_left_alone(text):
    assert fitted(text, 8.0, 1000) == (text, 8.0)


def test_a_name_is_shortened_in_its_middle():
    short = shortened("linear_regions@suite-zero", 8.0, 80)
    assert short.startswith("linear")
    assert short.endswith("-zero")
    assert "…" in short


def test_names_beside_a_figure_leave_room_for_it():
    names, inches = beside(["params", "x" * 200])
    assert names[0] == "params"
    assert len(names[1]) < 60
    assert inches < 2.5
    assert beside(["params"], least=1.0) == (["params"], 1.0)


def test_the_points_of_a_whole_space_stay_small():
    made, n = np.random.default_rng(0), 15_625
    accuracy = np.sort(made.uniform(10, 94, n))
    clouds = [
        scatter.Cloud(f"proxy_{i}", "gradient", 0.5, scatter.rank_shares(accuracy + made.normal(0, i + 1, n)), accuracy)
        for i in range(4)
    ]
    with house_style():
        figure = scatter.scatter(clouds, scatter.height_of(accuracy))
    svg = as_svg(Drawn("scatter", "", "", "", figure))
    assert len(svg) < 50_000 * len(clouds)
    assert svg.count(b"<use") < 200  # ticks, not networks
