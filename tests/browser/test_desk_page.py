"""The instructor's desk and its notes on learners' pages, in a browser, by keyboard too."""

import json
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Served, Watch
from tests.browser.test_axe import show_as
from tests.browser.wcag import colour_faults, faults, told
from tests.unit.test_desk import PREFIX, Server
from tests.unit.test_desk import server as server

WIDE = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def desk(server: Server, page: Page, context: BrowserContext) -> Page:
    """The desk of a room where one exercise is released and somebody asks for help."""
    (server.root / "exchange/c/outbound/two").mkdir(exist_ok=True)
    watch = Watch(context, f"http://127.0.0.1:{server.port}")
    page.goto(f"http://127.0.0.1:{server.port}{PREFIX}desk/?token={server.token}")
    expect(page.locator("#lessons li")).to_have_count(4)
    page.evaluate("globalThis.planted = false")
    yield page  # type: ignore[misc]
    assert watch.foreign == []
    assert watch.errors == []


def test_the_desk_is_for_everybody(desk: Page) -> None:
    found = []
    for scheme in ("light", "dark"):
        desk.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (1280, 390):
            desk.set_viewport_size({"width": width, "height": 3200})
            found += colour_faults(desk, f"{scheme}, {width} px")
            found += faults(desk, f"{scheme}, {width} px")
    assert not found, told(found)
    desk.set_viewport_size({"width": 320, "height": 800})
    assert desk.evaluate(WIDE) <= 0
    assert desk.get_by_text("✓ released").count() == 1
    assert desk.get_by_text("○ held back").count() == 2


def test_by_keyboard_a_note_goes_out_and_its_words_stay(desk: Page) -> None:
    desk.locator("#note-text").focus()
    desk.keyboard.type("please fail <img src=x onerror=planted=true>")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator("#run-state")).to_have_text("✗ Failed: Push a note")
    expect(desk.locator("#run-text")).to_contain_text("<b>said</b>: there is no such thing")
    expect(desk.locator("#run-text")).to_contain_text("<img src=x")
    assert desk.evaluate("planted") is False
    assert desk.evaluate("document.activeElement.textContent") == "Push the note"
    desk.reload()
    expect(desk.locator("#run-text")).to_contain_text("there is no such thing")


def test_one_thing_at_a_time(desk: Page) -> None:
    desk.locator("#note-text").fill("slow")
    desk.get_by_role("button", name="Push the note").click()
    expect(desk.locator("#run-state")).to_have_text("… At work: Push a note")
    release = desk.get_by_role("button", name="Release to all: One")
    expect(release).to_have_attribute("aria-disabled", "true")
    release.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#run-state")).to_contain_text("one thing at a time")
    desk.get_by_role("button", name="Stop it").click()
    expect(desk.locator("#run-state")).to_have_text("■ Stopped: Push a note")
    expect(desk.locator("#run-state")).to_be_focused()
    release.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#run-text")).to_contain_text("ran workshop release -- one")


def test_a_deadline_and_the_plan(desk: Page) -> None:
    due = desk.locator("#due-one")
    due.fill("2026-12-01T18:00")
    desk.locator("#plan-start").fill("10:30")
    desk.locator("#plan").get_by_role("button", name="Set").click()
    expect(desk.locator("#run-text")).to_contain_text("workshop plan --start=10:30 -- day")
    expect(due).to_have_value("2026-12-01T18:00")
    desk.get_by_role("button", name="Set the deadline of One").click()
    expect(desk.locator("#run-text")).to_contain_text("deadline -- one 2026-12-01T18:00")


def in_a_workshop(page: Page) -> None:
    """The reader's server says what it would say in a room."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")

    def answer(route: Route) -> None:
        state = route.fetch().json()
        notes = [{"at": at, "text": "<img src=x onerror=planted=true> Lunch"},
                 {"at": at[:-1] + "1", "lesson": "scaling"},
                 {"at": "2026-01-01T00:00:00+00:00", "text": "long ago"}]  # fmt: skip
        route.fulfill(json={**state, "notes": notes, "held": ["races"]})

    page.route(re.compile(r"/course/api/(state|record)$"), answer)
    page.route(re.compile(r"/course/api/events$"), lambda route: route.abort())


def test_notes_and_held_exercises_on_a_page(book: Page, served: Served) -> None:
    in_a_workshop(book)
    book.goto(f"{served.url}course/lessons/races.html")
    notes = book.locator(".room-note")
    expect(notes).to_have_count(2)
    expect(notes.last).to_contain_text("<img src=x onerror=planted=true> Lunch")
    expect(book.locator(".lab-link", has_text="Open the exercise").first).to_be_hidden()
    expect(book.get_by_text("opens the exercise later").first).to_be_visible()
    found = []
    for scheme in ("light", "dark"):
        show_as(book, scheme, 390)
        found += colour_faults(book, scheme) + faults(book, scheme)
    assert not found, told(found)
    notes.first.get_by_role("button").focus()
    book.keyboard.press("Enter")
    expect(notes).to_have_count(1)
    expect(notes.get_by_role("button")).to_be_focused()
    book.reload()
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("Lunch")
    assert json.loads(book.evaluate("localStorage['hpclab-notes-closed']"))
