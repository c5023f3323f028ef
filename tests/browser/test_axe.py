"""Every page of the book in a real browser: WCAG 2.2 AA in both schemes, all widths, offline."""

import pytest
from playwright.sync_api import Page, expect

from hpclab.checks.report import Report
from hpclab.verdicts import Result, Verdict
from tests.browser.conftest import Served, Watch
from tests.browser.wcag import TALL, ask, colour_faults, faults, told

# A window; one at 200 % zoom, half as wide in CSS pixels; a telephone; WCAG's narrowest (1.4.10).
WIDTHS = (1280, 640, 390, 320)
JUDGED = (1280, 390)  # the widths at which axe looks: those between show the same rules of style
SCHEMES = ("dark", "light")
LESSON = "lessons/scaling.html"
PLANTED = """<!DOCTYPE html><html lang="en"><title>t</title><main><h1>t</h1>
<img src="data:,"> <button></button> <p style="color: #999">Pale text</p>
<p style="color: #999; background: #222">Not so pale</p>
<p>A <a href="#" style="color: #222; text-decoration: none">link</a> like text</p>
<p><a href="#a" style="font-size: 8px">x</a><a href="#b" style="font-size: 8px">y</a></p></main>"""
CAUGHT = {"image-alt", "button-name", "color-contrast", "link-in-text-block", "target-size"}


def open_page(book: Page, served: Served, name: str) -> None:
    """The page when its maths is typeset, without motion."""
    book.emulate_media(reduced_motion="reduce")
    book.goto(f"{served.url}course/{name}")
    book.evaluate("() => globalThis.MathJax?.startup?.promise")


def show_as(book: Page, scheme: str, width: int) -> None:
    """The open page, light or dark, in a window of `width` pixels."""
    book.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    book.set_viewport_size({"width": width, "height": TALL})
    expect(book.locator("html")).to_have_attribute("data-theme", scheme)


def test_planted_faults_are_caught(page: Page) -> None:
    page.set_content(PLANTED)
    found = faults(page, "planted") + colour_faults(page, "planted")
    assert {one.split(": ")[1] for one in found} == CAUGHT
    (pale,) = [one for one in found if "color-contrast" in one]
    assert "Pale text" in pale
    assert "Fix any of the following" in pale


def test_every_page(book: Page, served: Served, watch: Watch) -> None:
    """No fault by WCAG, no request to another host, no error; every width has all words.

    To mend a fault, see book/style/, autograder/build/accessible.py or the page's own source.
    """
    found, judged = [], set[str]()
    for name in served.pages():
        open_page(book, served, name)
        words = set()
        for width in WIDTHS:
            where = f"{name}, {width} px wide"
            for scheme in SCHEMES if width in JUDGED else SCHEMES[-1:]:
                show_as(book, scheme, width)
                if width in JUDGED:
                    found += colour_faults(book, f"{where}, {scheme}", judged)
                if width == WIDTHS[0]:
                    found += [f"{where}, {scheme}: {text}" for text in ask(book, "palePictures")]
            found += [f"{where}: {text}" for text in ask(book, "tooWide") + ask(book, "cutOff")]
            words.add("".join("".join(book.locator("article").all_inner_texts()).split()))
            if width in JUDGED:
                found += faults(book, where)  # these rules do not look at colours
        found += [f"{name}: a width has other words"] * (len(words) > 1)
    assert not found, told(found)
    assert watch.foreign == []
    assert watch.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens(book: Page, served: Served, scheme: str) -> None:
    """The windows of a telephone (both contents, search), and all that unfolds."""
    open_page(book, served, LESSON)
    show_as(book, scheme, 390)
    found = []
    for button in (
        ".primary-toggle",
        ".secondary-toggle",
        ".article-header-buttons .search-button",
    ):
        book.locator(button).click()
        expect(book.locator("dialog[open]")).to_be_visible()
        assert book.locator("dialog[open]").get_attribute("aria-label")
        found += faults(book, button) + colour_faults(book, button)
        book.keyboard.press("Escape")
        expect(book.locator("dialog[open]")).to_have_count(0)
    for name in (LESSON, LESSON.replace("lessons", "demos")):
        open_page(book, served, name)
        book.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found += faults(book, f"{name}, unfolded") + colour_faults(book, f"{name}, unfolded")
    assert not found, told(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report(book: Page, served: Served, scheme: str) -> None:
    """What a check says, in every verdict, as it stands in a page of its own."""
    results = [
        Result("r", "t", f"`f` is {verdict}", verdict, 2.0, 1.0, called="f(1)", why="`x < 1`")
        for verdict in Verdict
    ]
    html = Report("t", results, advice="Try `hint`.")._repr_mimebundle_()["text/html"]
    open_page(book, served, "index.html")
    show_as(book, scheme, 390)
    book.locator("article").evaluate("(article, html) => article.innerHTML += html", html)
    found = faults(book, "report") + colour_faults(book, "report")
    assert not found, told(found)
