"""What pages of the book do in a real browser: maths, search, quizzes; with no network."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served, Watch
from tests.browser.wcag import ask


def test_what_cannot_be_read_is_caught(page: Page) -> None:
    page.set_content("""<main><svg><text y="20" fill="#aaa">pale</text><text>dark</text></svg>
        <p style="width: 120vw">wide</p><p style="height: 4px; overflow: hidden">cut off</p>""")
    (pale,) = ask(page, "palePictures")
    assert pale.startswith("pale: ")
    assert ask(page, "tooWide") == ["P."]
    assert ask(page, "cutOff") == ["P.: cut off"]


def test_maths_is_typeset(book: Page, served: Served) -> None:
    book.goto(f"{served.url}course/reference/symbols.html")
    expect(book.locator("mjx-container").first).to_be_visible()
    expect(book.locator("mjx-assistive-mml").first).to_be_attached()


def test_search_works_without_a_network(book: Page, served: Served, watch: Watch) -> None:
    book.goto(f"{served.url}course/search.html?q=chunk")
    expect(book.locator("ul.search li").first).to_be_visible()
    assert watch.foreign == []


def test_a_quiz_is_answered_with_the_keyboard(book: Page, served: Served) -> None:
    book.goto(f"{served.url}course/lessons/vectorise.html")
    for answer in book.locator("details.answer").all():
        summary = answer.locator("summary")
        summary.focus()
        expect(summary).to_be_focused()
        book.keyboard.press("Enter")
        right = answer.get_attribute("data-correct") == "true"
        expect(answer.locator("p").first).to_contain_text("Right." if right else "Not this one.")
        expect(answer.locator("p").first).to_be_visible()


def test_a_quiz_needs_no_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}course/lessons/vectorise.html?token={served.token}")
    answer = page.locator("details.answer").first
    answer.locator("summary").click()
    expect(answer.locator("p").first).to_be_visible()
    context.close()
