"""The keyboard alone, no motion, wider spacing: what WCAG asks and axe cannot see."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Served
from tests.browser.wcag import ask

PAGES = ("index.html", "lessons/scaling.html", "demos/chunks.html", "search.html?q=chunk")
# WCAG 1.4.12: a reader's own spacing.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"""


def opened(book: Page, served: Served, name: str, width: int, scheme: Any = "light") -> None:
    """The page without motion, its maths typeset."""
    book.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    book.set_viewport_size({"width": width, "height": 800})
    book.goto(f"{served.url}course/{name}", wait_until="networkidle")


def tab_through(book: Page, key: str) -> list[str]:
    """What the keyboard does not reach, and where the focus cannot be seen."""
    expected = dict(enumerate(ask(book, "stops")))
    faults, reached = [], set[int]()
    for _ in range(2 * len(expected) + 10):
        book.keyboard.press(key)
        if (at := ask(book, "focus")) is None:
            break
        reached.add(at[0])
        faults += at[1]
    return faults + [f"not reached: {html}" for i, html in expected.items() if i not in reached]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("scheme", "width", "key"), [("light", 1280, "Tab"), ("dark", 390, "Shift+Tab")]
)
def test_tab_reaches_all_and_is_seen(
    book: Page, served: Served, name: str, scheme: str, width: int, key: str
) -> None:
    opened(book, served, name, width, scheme)
    assert tab_through(book, key) == []


def test_a_focus_that_cannot_be_seen_is_caught(page: Page) -> None:
    page.set_content("""<a href="#" style="outline: none">none</a>
        <a href="#" style="outline: 3px solid #ddd">pale</a> <button>seen</button>
        <div style="height: 0; overflow: hidden"><a href="#">covered</a></div>
        <button id="lost" onfocus="this.blur()">lost</button>""")
    found = " ".join(tab_through(page, "Tab"))
    for fault in ("no ring of 3:1 around <a", ">pale<", "covered: <a", "not reached: <button"):
        assert fault in found
    assert ">seen<" not in found


def test_the_first_stop_leads_past_the_contents(book: Page, served: Served) -> None:
    opened(book, served, "lessons/scaling.html", 1280)
    book.keyboard.press("Tab")
    book.keyboard.press("Enter")
    book.wait_for_url("**#main-content")
    book.keyboard.press("Tab")
    assert book.evaluate("() => !!document.activeElement.closest('main')")


def test_nothing_moves_for_those_who_ask(book: Page, served: Served) -> None:
    opened(book, served, "lessons/scaling.html", 1280)
    assert ask(book, "moving") == []
    book.emulate_media(reduced_motion="no-preference")
    assert ask(book, "moving"), "planted: for others the theme does move"


@pytest.mark.parametrize("width", [1280, 320])
def test_a_readers_own_spacing(book: Page, served: Served, width: int) -> None:
    opened(book, served, "lessons/scaling.html", width)
    book.add_style_tag(content=SPACED)
    assert ask(book, "tooWide") == []
    assert ask(book, "cutOff") == []
    book.add_style_tag(content="article h2 { height: 1em; overflow: hidden }")
    assert ask(book, "cutOff"), "planted"
