"""A learner and the instructor with a real browser: from the card to the feedback."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.lab import SLOW, open_exercise, run, write
from tests.hub.room import Room
from tests.hub.test_day import solution


def log_in(page: Page, room: Room, name: str) -> None:
    """Type what stands on the card, and wait for the book."""
    page.goto(room.url)
    page.locator("#username_input").fill(room.user(name))
    page.locator("#password_input").fill(room.passwords[room.user(name)])
    page.locator("#login_submit").click()
    page.wait_for_url(f"**/user/{room.user(name)}/course/**", timeout=2 * SLOW)


def test_from_the_card_to_the_submission(room: Room, page: Page, context: BrowserContext) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    log_in(page, room, "bob")
    page.locator('a[href$="lessons/double.html"]').first.click()
    lab = open_exercise(page, "double")
    write(lab, "def double(", solution(room))
    run(lab, "from hpclab import check, hint")
    run(lab, "def double(")
    expect(run(lab, 'check("double")')).to_contain_text("double: passed,")
    lab.keyboard.press("Control+s")
    lab.get_by_role("menuitem", name="Nbgrader").click()
    lab.get_by_text("Assignment List", exact=True).click()
    row = lab.locator("#fetched_assignments_list .list_item", has_text="double").first
    row.get_by_role("button", name="Submit").click(timeout=SLOW)
    expect(lab.locator("#submitted_assignments_list")).to_contain_text("double", timeout=SLOW)
    inbound = room.dir / "exchange" / "mini" / "inbound"
    assert [path for path in inbound.iterdir() if path.name.startswith(room.user("bob"))]
    foreign = [url for url in asked if not url.startswith((room.url, "data:", "blob:"))]
    assert foreign == []


def test_the_instructor_sees_the_gradebook_and_a_learner_does_not(
    room: Room, page: Page, context: BrowserContext
) -> None:
    log_in(page, room, "tina")
    answer = page.request.get(f"{room.url}/user/{room.user('tina')}/formgrader/api/assignments")
    assert answer.ok, answer.status
    assert [one["name"] for one in answer.json()] == ["double"]
    page.goto(f"{room.url}/user/{room.user('tina')}/lab")
    page.get_by_role("menuitem", name="Nbgrader").click(timeout=SLOW)
    page.get_by_text("Formgrader", exact=True).click()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_text("double").first).to_be_visible(timeout=SLOW)
    other = context.browser.new_context()  # type: ignore[union-attr]
    try:
        his = other.new_page()
        log_in(his, room, "bob")
        mine = his.request.get(f"{room.url}/user/{room.user('bob')}/formgrader/api/assignments")
        assert not mine.ok or "max_score" not in mine.text()
        hers = his.request.get(f"{room.url}/user/{room.user('tina')}/formgrader/api/assignments")
        assert hers.status in (403, 404)
    finally:
        other.close()
