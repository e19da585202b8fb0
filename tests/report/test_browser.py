"""The page in a real browser: nothing is reported, nothing is fetched, figures are there, columns sort, both themes."""

from __future__ import annotations

import pytest

from zsbench.figures import FIGURES
from zsbench.figures.tokens import GROUND, INK

REPORTS = {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
COLUMN = """(() => {
  const table = [...document.querySelectorAll("table")].find((one) => one.textContent.includes("regret@10"));
  const heads = [...table.tHead.rows[0].cells];
  const at = heads.findIndex((head) => head.textContent === NAME);
  if (CLICK) heads[at].querySelector("button").click();
  return {
    cells: [...table.tBodies[0].rows].map((row) => row.cells[at].textContent),
    names: [...table.tBodies[0].rows].map((row) => row.cells[0].textContent),
    sorted: heads.map((head) => head.getAttribute("aria-sort")),
    at,
  };
})()"""


@pytest.fixture
def column(browser):
    """Read a column of the first table, after a click on its head or as it is."""
    return lambda name, click=True: browser.evaluate(
        COLUMN.replace("NAME", repr(name)).replace("CLICK", "true" if click else "false")
    )


def rgb(colour):
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def style(browser, selector, name):
    return browser.evaluate(f"getComputedStyle(document.querySelector({selector!r})).getPropertyValue({name!r})")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_reported_and_nothing_but_the_page_is_fetched(browser, made, dark):
    browser.open(made, dark=dark)
    browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    browser.screenshot()
    assert [event for event in browser.events if event["method"] in REPORTS] == []
    fetched = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in fetched if not url.startswith("data:")] == [made.as_uri()]


def test_what_the_page_forbids_is_refused(browser, made):
    browser.open(made)
    browser.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=trap style=\"color:red\">x</p>')")
    browser.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://example.org/x.png'}))")
    reported = [event["params"]["entry"]["text"] for event in browser.events if event["method"] == "Log.entryAdded"]
    assert any("style" in text for text in reported)
    assert any("example.org" in text for text in reported)


def test_all_figures_are_there_with_a_size_and_a_name(browser, made):
    browser.open(made)
    found = browser.evaluate(
        """[...document.querySelectorAll("figure svg")].map((svg) => {
          const box = svg.getBoundingClientRect();
          const inked = svg.querySelector("g").getBoundingClientRect();
          const said = (key) => document.getElementById(svg.getAttribute(key)).textContent.length;
          return {id: svg.closest("figure").id, width: box.width, height: box.height, inked: inked.width,
                  title: said("aria-labelledby"), alt: said("aria-describedby"), role: svg.getAttribute("role")};
        })"""
    )
    assert sorted(one["id"].rpartition("-")[2] for one in found) == sorted(kind.name for kind in FIGURES)
    for one in found:
        assert one["width"] > 100
        assert one["height"] > 50
        assert one["inked"] > 100
        assert one["title"] > 5
        assert one["alt"] > 40
        assert one["role"] == "img"


def test_a_click_on_a_head_sorts_by_number_and_another_one_turns_the_order(browser, made, column):
    browser.open(made)
    before = column("tau-b", click=False)
    assert before["sorted"] == [None] * len(before["sorted"])
    falling = column("tau-b")
    values = [float(cell.replace("−", "-")) for cell in falling["cells"]]
    assert values == sorted(values, reverse=True)
    assert [place for place, how in enumerate(falling["sorted"]) if how] == [falling["at"]]
    assert falling["sorted"][falling["at"]] == "descending"
    rising = column("tau-b")
    assert rising["cells"] == falling["cells"][::-1]
    assert rising["sorted"][rising["at"]] == "ascending"
    assert sorted(rising["names"]) == sorted(before["names"])


def test_where_low_is_best_the_lowest_comes_first_and_names_sort_as_text(browser, made, column):
    browser.open(made)
    values = [float(cell) for cell in column("regret@10")["cells"]]
    assert values == sorted(values)
    names = column("proxy")["cells"]
    assert names == sorted(names)


def test_what_has_no_number_stays_below_in_either_order(browser, made):
    browser.open(made)
    ends = browser.evaluate(
        """(() => {
          const table = document.querySelector("#s1-lead").closest("table");
          const head = [...table.tHead.rows[0].cells].find((one) => one.textContent === "over params");
          const last = () => [...table.tBodies[0].rows].at(-1).cells[0].textContent;
          const press = () => (head.querySelector("button").click(), last());
          return [press(), press()];
        })()"""
    )
    assert ends == ["params", "params"]


def test_heads_are_buttons_that_the_keyboard_reaches(browser, made):
    browser.open(made)
    assert browser.evaluate("[...document.querySelectorAll('th[scope=col]')].every((th) => th.querySelector('button'))")
    browser.evaluate("document.querySelector('th button').focus()")
    browser.send("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r", windowsVirtualKeyCode=13)
    browser.send("Input.dispatchKeyEvent", type="keyUp", key="Enter", windowsVirtualKeyCode=13)
    assert browser.evaluate("document.querySelector('th').getAttribute('aria-sort')") == "ascending"


def test_the_first_stop_of_the_keyboard_skips_to_the_content(browser, made):
    browser.open(made)
    browser.send("Input.dispatchKeyEvent", type="keyDown", key="Tab", windowsVirtualKeyCode=9)
    assert browser.evaluate("document.activeElement.className") == "skip"
    assert browser.evaluate("document.activeElement.getBoundingClientRect().left") >= 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_and_figures_follow_the_systems_wish_and_the_button_turns_it(browser, made, dark):
    browser.open(made, dark=dark)
    shades = ("dark", "light") if dark else ("light", "dark")
    label = browser.evaluate("document.querySelector('.theme').textContent")
    assert label == ("Light theme" if dark else "Dark theme")
    for shade in shades:
        assert style(browser, "body", "background-color") == rgb(getattr(GROUND, shade))
        fills = browser.evaluate(
            "[...new Set([...document.querySelectorAll('svg text')].map((one) => getComputedStyle(one).fill))]"
        )
        assert rgb(getattr(INK, shade)) in fills
        browser.evaluate("document.querySelector('.theme').click()")


@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_is_as_wide_as_the_window_and_wide_things_scroll_in_their_boxes(browser, made, width):
    browser.open(made, width=width)
    browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    boxes = browser.evaluate(
        "[...document.querySelectorAll('.scroll')].map((one) => one.getBoundingClientRect().right <= innerWidth)"
    )
    assert boxes
    assert all(boxes)


def test_paper_shows_the_tables_unfolded_and_in_light_colours(browser, made):
    browser.open(made, dark=True)
    folded = "document.querySelectorAll('details[data-print]:not([open])').length"
    before = browser.evaluate(folded)
    assert before > 2
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browser.evaluate(folded) == 0
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    assert browser.evaluate(folded) == before
    browser.send("Emulation.setEmulatedMedia", media="print")
    assert style(browser, "body", "background-color") == rgb(GROUND.light)
    assert style(browser, "nav", "display") == "none"
    browser.send("Emulation.setEmulatedMedia", media="")
    assert browser.printed().startswith(b"%PDF")
