"""The page of a badge in a real browser: one sheet of A4, nobody is asked, all can be read."""

import re
from pathlib import Path

import pytest
from openbadgeslib import Issuer, OpenBadgeCredential
from openbadgeslib.ob3 import Achievement, Evidence, Result, ResultDescription
from playwright.sync_api import BrowserContext, expect

from autograder.badge import goal_of
from autograder.records.badge_page import badge_page
from hpclab.course import Course
from hpclab.learner.record_page import Row, record_page
from tests.browser.wcag import ask, colour_faults, faults, told
from tests.security.markup import HTML

COURSE = Course.load(Path(__file__).resolve().parents[2])
NAMES = ["Ada Lovelace", "W" * 500, " ".join(HTML), "\u202e\ufdfd" * 99]


def badge(who: str) -> str:
    """The page for this course, all of it."""
    goal = goal_of(COURSE, None, None)
    points = [
        ResultDescription(f"{goal.url}#points-{part.slug}", part.title, "RawScore", value_max="24")
        for part in goal.parts
    ]
    credential = OpenBadgeCredential(
        Issuer("did:web:badges.a-centre-with-a-long-name.eu:courses", "A Centre " * 5, goal.url),
        None,
        Achievement(goal.id, goal.title, "", goal.criterion, result_descriptions=points),
        evidence=[Evidence("ni:///sha-256;" + "A" * 43)],
        results=[Result("21.5", result_description=one.id) for one in points],
    )
    return badge_page(goal, credential, who, "course.ada.jwt")


def own(rows: int) -> str:
    lesson = Row("How many cores are worth asking for?", ["Cost Awareness (PE1)"], "✓ passed")
    return record_page("hpclab", "ada", [lesson] * rows, [("Made on", "2026-01-01")], signed=None)


def asked(context: BrowserContext, path: Path, text: str) -> list[str]:
    path.write_text(text)
    page, addresses = context.new_page(), list[str]()
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.hacked") is None
    page.close()
    return [address for address in addresses if address != path.as_uri()]


@pytest.mark.parametrize("who", NAMES)
def test_it_prints_on_one_sheet_and_asks_nobody(
    context: BrowserContext, tmp_path: Path, who: str
) -> None:
    path = tmp_path / "badge.html"
    assert asked(context, path, badge(who)) == []
    assert sheets(context, path) == 1


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (12, 1), (20, 1), (40, 1), (150, 3)])
def test_a_learners_own_page_too(
    context: BrowserContext, tmp_path: Path, rows: int, expected: int
) -> None:
    path = tmp_path / "own.html"
    assert asked(context, path, own(rows)) == []
    assert (sheets(context, path) > 1) == (expected > 1), "more lessons than a sheet holds"


def sheets(context: BrowserContext, path: Path) -> int:
    page = context.new_page()
    page.goto(path.as_uri())
    data = page.pdf(prefer_css_page_size=True)
    page.close()
    assert re.search(rb"/MediaBox\s*\[\s*0\s+0\s+59[45]\.\d*\s+84[12]\.", data), "A4"
    return len(re.findall(rb"/Type\s*/Page\b", data))


@pytest.mark.parametrize("width", [320, 1280])
def test_it_can_be_read(context: BrowserContext, tmp_path: Path, width: int) -> None:
    path = tmp_path / "badge.html"
    for text in (badge("Ada"), own(12)):
        path.write_text(text)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(path.as_uri())
        found = faults(page, "badge") + colour_faults(page, "badge")
        assert not found, told(found)
        assert ask(page, "tooWide") == []
        expect(page.locator("html")).to_have_attribute("lang", "en-GB")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("columnheader")).to_have_count(3)
        page.close()
