"""A demo run inside its page: edited, run, recorded; by keyboard; and what happens when it ends."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import wcag
from tests.browser.conftest import Served, Watch
from tests.browser.lab import SLOW

pytestmark = pytest.mark.usefixtures("thebe")
EDITED = 'predict("How many cells?", 41, unit="cells").reveal(42); print("edited here")'


@pytest.fixture
def thebe(require: Callable[[str, bool], None], served: Served) -> None:
    """What the build fetched with npm."""
    there = (served.html / "_static" / "thebe" / "index.js").is_file()
    require("Thebe (apt-get install npm, then autograder build)", there)


@pytest.fixture
def demo(book: Page, served: Served) -> Iterator[Page]:
    """The page of the demo `vectorise`, whose kernel is gone when the page is left."""
    for kernel in kernels(book, served):  # one that a closed lab of another test was starting
        book.request.delete(f"{served.url}api/kernels/{kernel}", headers=who(served))
    book.goto(f"{served.url}course/demos/vectorise.html")
    yield book
    book.goto("about:blank")
    assert in_time(book, served, 0) == []


def who(served: Served) -> dict[str, str]:
    return {"Authorization": f"token {served.token}"}


def kernels(page: Page, served: Served) -> list[str]:
    answer = page.request.get(f"{served.url}api/kernels", headers=who(served))
    return [kernel["id"] for kernel in answer.json()]


def in_time(page: Page, served: Served, number: int) -> list[str]:
    """The kernels that run on, once the server had time to end all but `number`.

    On a loaded machine it needs more than ten seconds: a kernel has five to end by itself, and is
    listed until it has.
    """
    give_up = time.monotonic() + SLOW / 1000
    while len(left := kernels(page, served)) != number and time.monotonic() < give_up:
        time.sleep(0.25)
    return left


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def start(page: Page) -> None:
    button(page, "Run this page").click()
    expect(button(page, "Run all")).to_be_visible(timeout=SLOW)
    told(page, "Python is ready.")


def told(page: Page, text: str) -> None:
    """What the status says, in time."""
    expect(page.locator(".live [role=status]")).to_contain_text(text, timeout=2 * SLOW)


def cell(page: Page, number: int) -> Locator:
    return page.locator(
        ".cell", has=page.get_by_role("button", name=f"Run cell {number}", exact=True)
    )


def write(page: Page, number: int, code: str) -> None:
    cell(page, number).locator(".CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def predictions(served: Served) -> list[dict[str, Any]]:
    file = served.folder / ".hpclab" / "progress.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [event for event in events if event["event"] == "prediction"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_guess_is_changed_all_is_run_and_the_prediction_is_kept(
    demo: Page, served: Served, watch: Watch, scheme: str, width: int
) -> None:
    demo.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    demo.set_viewport_size({"width": width, "height": 844})
    known = len(predictions(served))
    start(demo)
    recorded = cell(demo, 3).locator(".cell_output").first
    expect(recorded).to_contain_text("you guessed 6 passes")
    guess = demo.locator(".CodeMirror-line", has_text="# <- your guess").first
    guess.locator(".cm-number").dblclick()
    demo.keyboard.insert_text("12")
    button(demo, "Run all").click()
    told(demo, "cells have run.")
    expect(cell(demo, 3).locator(".cell_output")).to_contain_text("you guessed 12 passes")
    kept = predictions(served)[known]
    assert (kept["demo"], kept["guess"], kept["measured"]) == ("vectorise", 12, 18)
    figures = demo.locator(".live-output svg")
    assert figures.count() == demo.locator(".live-output figure").count() > 0
    found = wcag.faults(demo, "live") + wcag.colour_faults(demo, "live")
    # The editor's empty layers reach over what is below it; axe cannot tell that they are empty.
    found = [one for one in found if "overlapped by another element" not in one]
    assert not found, wcag.told(found)
    assert wcag.ask(demo, "palePictures") + wcag.ask(demo, "tooWide") == []
    assert watch.foreign == []
    assert watch.errors == []


def test_the_keyboard_is_enough_and_no_cell_is_a_trap(demo: Page, watch: Watch) -> None:
    expect(button(demo, "Run this page")).to_be_visible()
    button(demo, "Run this page").focus()
    demo.keyboard.press("Enter")
    told(demo, "Python is ready.")
    expect(button(demo, "Run all")).to_be_focused()
    editor = demo.get_by_label("Code of cell 1", exact=True)
    editor.focus()
    demo.keyboard.press("Control+a")
    demo.keyboard.insert_text("if True:")
    demo.keyboard.press("Enter")
    demo.keyboard.insert_text("print(6 * 7)")
    demo.keyboard.press("Shift+Enter")
    told(demo, "Cell 1 has run.")
    expect(cell(demo, 1).locator(".live-output")).to_have_text("42")
    demo.keyboard.press("Tab")
    expect(demo.get_by_role("button", name="Run cell 1", exact=True)).to_be_focused()
    demo.keyboard.press("Shift+Tab")
    expect(editor).to_be_focused()
    demo.keyboard.press("Shift+Tab")
    expect(editor).not_to_be_focused()
    button(demo, "Stop").focus()
    demo.keyboard.press("Enter")
    told(demo, "Python has stopped.")
    expect(button(demo, "Run this page")).to_be_focused()
    assert watch.errors == []


def test_an_error_is_told_and_ends_the_run(demo: Page) -> None:
    start(demo)
    write(demo, 2, "1 / 0")
    button(demo, "Run all").click()
    told(demo, "Cell 2 failed: the error stands below it. The cells after it were not run.")
    expect(cell(demo, 2).locator(".live-output")).to_contain_text("ZeroDivisionError")
    expect(cell(demo, 1).locator(".live-state")).to_have_text("ran here")
    expect(cell(demo, 3).locator(".live-state")).to_have_text("not run")
    expect(cell(demo, 3).locator(".cell_output").first).to_contain_text("you guessed 6 passes")


@pytest.mark.parametrize("reachable", [True, False])
def test_an_endless_cell_is_stopped_and_python_starts_again(
    demo: Page, served: Served, reachable: bool
) -> None:
    start(demo)
    if not reachable:
        demo.route("**/api/sessions/*", lambda route: route.abort())
    write(demo, 1, "print('begun', flush=True)\nwhile True: pass")
    cell(demo, 1).get_by_role("button", name="Run cell 1").click()
    expect(cell(demo, 1).locator(".live-output")).to_contain_text("begun")
    button(demo, "Stop").click()
    told(demo, "Python has stopped.")
    expect(cell(demo, 1).locator(".live-state")).to_have_text("stopped")
    expect(cell(demo, 1).locator(".live-output")).to_contain_text("begun")
    demo.unroute_all()
    for kernel in kernels(demo, served) if not reachable else ():  # it runs on: it was not asked
        demo.request.delete(f"{served.url}api/kernels/{kernel}", headers=who(served))
    start(demo)
    write(demo, 1, EDITED)
    cell(demo, 1).get_by_role("button", name="Run cell 1").click()
    expect(cell(demo, 1).locator(".live-output")).to_contain_text("edited here")


def test_python_that_ends_by_itself_is_told(demo: Page) -> None:
    start(demo)
    write(demo, 1, "import os; os._exit(1)")
    button(demo, "Run all").click()
    told(demo, "Python ended, perhaps for want of memory, and was started anew.")
    expect(cell(demo, 2).locator(".live-state")).to_have_text("not run")
    write(demo, 1, EDITED)
    cell(demo, 1).get_by_role("button", name="Run cell 1").click()
    expect(cell(demo, 1).locator(".live-output")).to_contain_text("edited here")


def test_the_labs_own_python_of_the_demo_goes_on(demo: Page, served: Served) -> None:
    notebook = {"path": "demos/vectorise.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    made = demo.request.post(f"{served.url}api/sessions", headers=who(served), data=notebook)
    lab = made.json()["kernel"]["id"]
    start(demo)
    assert len(kernels(demo, served)) == 2
    demo.goto("about:blank")
    assert in_time(demo, served, 1) == [lab]
    demo.request.delete(f"{served.url}api/kernels/{lab}", headers=who(served))


def test_nothing_of_thebe_is_loaded_before_the_button_is_pressed(
    book: Page, served: Served
) -> None:
    asked: list[str] = []
    book.on("request", lambda request: asked.append(request.url))
    book.goto(f"{served.url}course/demos/vectorise.html", wait_until="networkidle")
    expect(button(book, "Run this page")).to_be_visible()
    book.goto(f"{served.url}course/lessons/vectorise.html", wait_until="networkidle")
    assert [url for url in asked if "/thebe/" in url] == []
    assert len([url for url in asked if "/live.js" in url]) == 1


def test_a_server_that_ended_or_cannot_start_python_is_told(demo: Page) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=500, json={"message": "no more"})

    demo.route("**/api/sessions*", refuse)
    button(demo, "Run this page").click()
    told(demo, "Python could not be started. Is `hpclab learn` still running?")
    expect(button(demo, "Run this page")).to_be_visible()
    demo.unroute("**/api/sessions*", refuse)
    start(demo)


def test_a_server_that_does_not_answer_gives_no_button(book: Page, served: Served) -> None:
    book.route("**/api/status", lambda route: route.abort())
    book.goto(f"{served.url}course/demos/vectorise.html", wait_until="networkidle")
    expect(book.locator(".live")).to_have_count(0)
