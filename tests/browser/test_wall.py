"""The wall as it is projected: forty and a thousand simulated learners; and a learner's buttons."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import REPOSITORY, Served, Watch
from tests.browser.wcag import TALL, colour_faults, faults, told
from tests.unit.simulated import fill
from tests.unit.walls import PREFIX, Running, tried

PROJECTOR = {"width": 1920, "height": 1080}
TELEPHONE = {"width": 320, "height": TALL}


@pytest.fixture(params=[40, 1000])
def wall(request: pytest.FixtureRequest, served: Served, tmp_path: Path) -> Iterator[Running]:
    release = REPOSITORY / "_build" / "course" / "release"
    running = Running(fill(tmp_path / "room", served.html, release, request.param))
    try:
        yield running
    finally:
        running.close()


def test_the_wall(wall: Running, page: Page) -> None:
    home = f"http://127.0.0.1:{wall.port}/"
    watch = Watch(page.context, home)
    page.context.set_extra_http_headers(wall.as_browser("tinas"))
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size(PROJECTOR)
    page.goto(home + PREFIX[1:])
    expect(page.locator("#grid table").first).to_be_visible()
    seen = wall.view()
    assert page.locator("#grid tbody th[scope=row]").count() == (len(seen["rows"]) or 9)
    if seen["crowd"]:
        assert page.locator("#needs li").count() == 15
        expect(page.locator("#needs-more")).to_contain_text("more")
    bottom = page.evaluate("document.querySelector('#grid').getBoundingClientRect().bottom")
    assert bottom <= PROJECTOR["height"], "all rows are seen without scrolling"

    quiet = next(user for user in ("ada", "bob", "eve") if f'"{user}"' in _users(wall))
    known = json.loads(wall.push(quiet, tries=[tried("passed", "vectorise", "saxpy")])[1])
    begin = time.monotonic()
    wall.push(quiet, help=False)
    wall.push(quiet, help=True, name=True)
    expect(page.locator("#said")).to_contain_text(known["called"])  # a name is text, tags and all
    print(f"from push to page: {time.monotonic() - begin:.2f} s")

    found, judged = [], set[str]()
    for size in (PROJECTOR, TELEPHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{wide} pixels at {size['width']}"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            found += colour_faults(page, f"{scheme}, {size['width']}", judged)
        found += faults(page, f"{size['width']} px wide")
    assert not found, told(found)
    page.locator("#lessons").select_option("*")
    tasks = sum(len(lesson["tasks"]) for lesson in seen["lessons"])
    assert page.locator("#grid table").first.locator("th.task").count() == tasks
    assert watch.foreign == []
    assert watch.errors == []


def _users(wall: Running) -> str:
    return wall.place.wall_people.read_text()


def test_a_learners_buttons(book: Page, served: Served) -> None:
    """The page of a learner in a room, whose server says so; it stands in for the wall."""
    known = {"help": False, "name": False, "pseudonym": "Amber owl", "called": "<b>Ada</b>"}

    def state(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "room": True})

    def room(route: Route) -> None:
        known.update(route.request.post_data_json or {})
        route.fulfill(json=known)

    book.route("**/api/state", state)
    book.route("**/api/events", lambda route: route.fulfill(status=200, body=""))
    book.route("**/api/room", room)
    book.goto(f"{served.url}course/lessons/vectorise.html")
    bar = book.get_by_role("complementary", name="Your workshop")
    expect(bar).to_contain_text("On the wall you are Amber owl.")
    help_, name = bar.get_by_role("button", name="help"), bar.get_by_role("button", name="my name")
    help_.focus()
    book.keyboard.press("Enter")
    expect(help_).to_have_attribute("aria-pressed", "true")
    expect(bar).to_contain_text("You are asking for help")
    name.click()
    expect(bar).to_contain_text("On the wall you are <b>Ada</b>.")
    bar.get_by_text("What the wall sees").click()
    expect(bar).to_contain_text("It never shows your code")
    found = []
    book.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]
    assert book.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    for scheme in ("light", "dark"):
        book.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(book.locator("html")).to_have_attribute("data-theme", scheme)
        found += faults(book, scheme) + colour_faults(book, scheme)
    assert not found, told(found)
    name.click()
    expect(bar).to_contain_text("Amber owl")
