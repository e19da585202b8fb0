"""What people see: sections with the best of ours first, or matrices."""

from __future__ import annotations

from zsbench.render import Format, render
from zsbench.tables.comparison import make, people_views

RISING = [float(i) for i in range(11)]
SCORES = {"up": RISING, "down": [0.0, 2.0, 1.0, *RISING[3:]][::-1]}


def test_a_section_a_statistic_with_the_best_first(publish, layout, sources, stored):
    publish({"value": "1.0"}, {"statistic": "spearman", "proxy": "down"})
    plan = layout()
    tau, rho = people_views(plan, make(plan, "t", sources(stored(**SCORES))))
    assert tau.title == "T: dozen tiny, valid accuracy, all, tau-b; published over all12"
    assert rho.title == "dozen tiny, valid accuracy, all, rho; published over all12"
    assert [record["proxy"] for record in tau.records()] == ["up", "both", "down"]
    assert tau.records()[0]["published"] == "1.0 paper2024"
    assert rho.captions[-1] == "Made by: zsbench table t."
    conditions = stored(up=RISING).conditions.id
    assert tau.captions == (f"Ours: 11 networks, tied ones counted as ties; conditions {conditions}.",)


def test_populations_over_samples_have_sections_of_their_own(publish, layout, sources, stored):
    publish({"value": "1.0"}, {"value": "0.9", "population": "random7"})
    plan = layout(statistics=["kendall"])
    plan["scope"][0]["population"].append({"regime": "all", "published": ["random7"], "sample": 7})
    whole, sampled = people_views(plan, make(plan, "t", sources(stored(up=RISING))))
    assert "over all12" in whole.title
    assert "over random7" in sampled.title
    assert [record["published"] for record in sampled.records()] == ["0.9 paper2024"]


def test_what_cannot_be_compared_stands_in_a_section_at_the_end(publish, layout, sources, stored):
    publish({}, {"value": "0.7", "target": "test"})
    plan = layout(statistics=["kendall"])
    *_, last = people_views(plan, make(plan, "t", sources(stored(up=RISING))))
    assert last.title == "published, but not comparable with ours"
    assert [record["published"] for record in last.records()] == ["0.7 paper2024"]


def test_a_matrix_has_a_cell_a_proxy_and_dataset(publish, layout, sources, stored):
    publish(
        {"value": "1.0"},
        {"value": "0.2", "proxy": "down"},
        {"value": "0.3", "proxy": "down", "source": "z"},
        {"proxy": "x"},
    )
    plan = layout(statistics=["kendall"], view="matrix", proxies=["down", "up", "x"], scope={"heading": "Twelve"})
    (matrix,) = people_views(plan, make(plan, "t", sources(stored(up=RISING, down=RISING))))
    assert matrix.title == "T: Twelve, tau-b"
    assert matrix.rows == (("down", "0.2 to 0.3 / -1.00 *"), ("up", "1.0 / 1.00"), ("x", "0.5 / –"))


def test_a_table_without_any_row_is_shown_as_it_is(publish, layout, sources):
    publish()
    plan = layout()
    table = make(plan, "t", sources())
    assert people_views(plan, table) == [table]


def test_sections_fit_a_terminal_of_80_characters(publish, layout, sources, stored):
    publish(*({"value": f"0.{i}", "source": f"some_paper_of_{2000 + i}"} for i in range(5)))
    plan = layout(population={"whole": "all"})
    for view in people_views(plan, make(plan, "t", sources(stored(**SCORES)))):
        assert max(len(line) for line in render(view, Format.RICH, width=80).splitlines()) <= 80


def test_tex_sets_the_best_bold_and_underlines_the_second(publish, layout, sources, stored):
    publish()
    plan = layout(statistics=["kendall"])
    made = make(plan, "t", sources(stored(up=[1.0, 0.0, *RISING[2:]], down=RISING)))
    (view,) = people_views(plan, made)
    text = render(view, Format.TEX)
    assert r"\textbf{0.964}" in text
    assert r"\toprule" in text
