"""A survey: answered with the keyboard, kept with the progress, sent and taken back."""

from playwright.sync_api import Browser, Page, expect

from hpclab.learner.progress import Progress
from tests.browser.conftest import Served, Watch
from tests.browser.test_axe import show_as
from tests.browser.wcag import ask, colour_faults, faults, told

PAGE = "survey-before.html"


def test_a_survey_is_answered_with_the_keyboard(book: Page, served: Served, watch: Watch) -> None:
    status = book.locator(".ask-box [role=status]")
    book.goto(f"{served.url}course/{PAGE}")
    expect(status).to_contain_text("○ 0 of 9 answered; kept in your own folder, and not sent.")
    book.get_by_label("I train or run models").focus()
    book.keyboard.press("Space")
    expect(status).to_contain_text("1 of 9")
    book.keyboard.press("ArrowDown")
    expect(book.get_by_label("I simulate")).to_be_checked()
    book.get_by_label("After this course, what do you want to make faster?").focus()
    book.keyboard.type("My <b>ensemble</b>, by 10")
    book.keyboard.press("Tab")
    expect(status).to_contain_text("2 of 9")
    send = book.locator(".ask-send")
    expect(send).to_be_focused()
    book.keyboard.press("Enter")
    expect(status).to_contain_text("✓ 2 of 9 answered, and sent")
    book.reload()
    expect(book.get_by_label("I simulate")).to_be_checked()
    expect(book.locator("textarea")).to_have_value("My <b>ensemble</b>, by 10")
    events = [e for e in Progress(served.folder).events() if e["event"].startswith("survey")]
    assert [e.get("answer", e.get("sent")) for e in events] == [
        "a", "b", "My <b>ensemble</b>, by 10", "yes",
    ]  # fmt: skip

    found = []
    for scheme, width in (("light", 1280), ("dark", 320)):
        show_as(book, scheme, width)
        found += faults(book, scheme) + colour_faults(book, scheme)
        assert ask(book, "tooWide") + ask(book, "cutOff") == []
    assert not found, told(found)
    book.emulate_media(reduced_motion="reduce")
    for control in ("#answer-2-0", "textarea", ".ask-send"):
        book.locator(control).focus()
        book.keyboard.press("Shift")  # the focus is seen where the keyboard is used
        assert ask(book, "focus")[1] == [], control

    first = book.locator("fieldset").first
    first.get_by_label("no answer").check()
    expect(status).to_contain_text("1 of 9")
    send.click()
    expect(status).to_contain_text("not sent")
    assert watch.foreign == []
    assert watch.errors == []


def test_a_survey_can_be_read_without_a_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}course/{PAGE}?token={served.token}")
    expect(page.locator("article")).to_contain_text("I can measure a speed-up")
    expect(page.get_by_text("rented machines or GPUs")).to_be_visible()
    expect(page.locator("article input, article textarea, article button.ask-send")).to_have_count(
        0
    )
    context.close()
