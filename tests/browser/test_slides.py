"""Every slide of every deck in a real browser: nothing overflows, all can be read."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Watch
from tests.browser.wcag import colour_faults, faults, told

PROJECTOR = {"width": 1024, "height": 768}
LEAST = {"P": 24, "LI": 24, "TD": 17, "PRE": 14}  # pixels on that screen
DECK = "slides/vectorise.html"
# What of the open slide is larger than the slide, and which of its letters are too small.
WRONG = """least => {
    const slide = Reveal.getCurrentSlide();
    const wrong = [];
    const box = slide.getBoundingClientRect();
    for (const e of [slide, ...slide.querySelectorAll(':scope > :not(aside)')]) {
        if (e.scrollHeight > e.clientHeight + 1 && e === slide) wrong.push('too high');
        if (e.clientWidth && e.scrollWidth > e.clientWidth + 1) wrong.push(`${e.tagName} too wide`);
        if (e.getBoundingClientRect().right > box.right + 1) wrong.push(`${e.tagName} sticks out`);
    }
    for (const [tag, pixels] of Object.entries(least))
        for (const e of slide.querySelectorAll(`:scope > :not(aside) ${tag}, :scope > ${tag}`)) {
            if (e.matches('.kicker, td p, th p')) continue;
            const size = parseFloat(getComputedStyle(e).fontSize) * Reveal.getScale();
            if (size < pixels) wrong.push(`${tag} of ${size.toFixed(1)} px`);
        }
    return wrong;
}"""

# The slide with all its steps, none of them half faded in.
AT_ONCE = """number => {
    Reveal.slide(number, 0, 99);
    document.getAnimations().forEach(animation => animation.finish());
}"""


def open_deck(page: Page, served: Served, name: str = DECK, query: str = "") -> None:
    page.goto(f"{served.url}course/{name}{query}")
    page.wait_for_selector("html[data-ready]", state="attached")


def test_planted_faults_are_seen(book: Page, served: Served) -> None:
    book.set_viewport_size(PROJECTOR)
    open_deck(book, served)
    book.evaluate("""() => Reveal.getCurrentSlide().insertAdjacentHTML('beforeend',
        '<p style="height:900px;font-size:20px">x</p><pre style="width:2000px">y</pre>')""")
    wrong = book.evaluate(WRONG, LEAST)
    assert "too high" in wrong
    assert "PRE sticks out" in wrong
    assert any(said.startswith("P of ") for said in wrong)


def test_every_slide_of_every_deck(book: Page, served: Served, watch: Watch) -> None:
    book.set_viewport_size(PROJECTOR)
    wrong, lessons = {}, served.pages(slides=True)
    lessons.remove("slides/index.html")
    for name in lessons:
        open_deck(book, served, name)
        total = book.evaluate("Reveal.getTotalSlides()")
        assert total > 10, name
        for number in range(total):
            book.evaluate("n => Reveal.slide(n, 0, 99)", number)
            if found := book.evaluate(WRONG, LEAST):
                wrong[f"{name}#/{number}"] = found
    assert wrong == {}
    assert len(lessons) == len([name for name in served.pages() if name.startswith("lessons/")])
    assert watch.foreign == []
    assert watch.errors == []


def test_wcag(book: Page, served: Served) -> None:
    """axe on every slide of a deck, and on the list of decks; their colours light and dark."""
    book.set_viewport_size(PROJECTOR)
    found, judged = [], set[str]()
    for scheme in ("light", "dark"):
        book.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        book.goto(f"{served.url}course/slides/")
        found += faults(book, f"list, {scheme}") + colour_faults(book, f"list, {scheme}", judged)
        open_deck(book, served)
        expect(book.locator("html")).to_have_attribute("data-theme", scheme)
        assert book.locator("html").get_attribute("lang") == "en-GB"
        assert "NumPy" in book.title()
        for number in range(book.evaluate("Reveal.getTotalSlides()")):
            book.evaluate(AT_ONCE, number)
            found += colour_faults(book, f"{number}, {scheme}", judged)
            if scheme == "light":  # the other rules do not look at colours
                found += faults(book, f"{number}")
    assert not found, told(found)


def test_the_keyboard_goes_through_a_deck(book: Page, served: Served) -> None:
    open_deck(book, served)
    heading = book.locator(".slides > section.present h1")
    expect(heading).to_have_text("Why does a loop beat NumPy?")
    book.keyboard.press("Space")
    expect(heading).to_have_text("After this lesson you can")
    book.keyboard.press("ArrowLeft")
    expect(heading).to_have_text("Why does a loop beat NumPy?")
    book.evaluate("location.hash = '#/question-1'")
    right = book.locator(".slides > section.present .verdict")
    expect(heading).to_have_text("Quiz 1")
    expect(right).to_be_hidden()
    book.keyboard.press("ArrowRight")
    expect(right).to_be_visible()
    expect(heading).to_have_text("Quiz 1")
    theme = book.locator("html").get_attribute("data-theme")
    book.keyboard.press("d")
    expect(book.locator("html")).not_to_have_attribute("data-theme", str(theme))


def test_the_speaker_has_a_window_of_notes(book: Page, served: Served, watch: Watch) -> None:
    open_deck(book, served, query="#/the-law-2")
    with book.expect_popup() as opened:
        book.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    expect(notes).to_contain_text("arithmetic intensity")
    expect(notes.locator("math").first).to_be_visible()
    opened.value.keyboard.press("ArrowRight")
    expect(book.locator(".slides > section.present h1")).to_have_text("A write is also a read")
    assert watch.foreign == []
    assert watch.errors == []


def test_a_deck_prints_a_slide_a_page(book: Page, served: Served) -> None:
    open_deck(book, served)
    questions = "document.querySelectorAll('.slides > .quiz').length"
    pages = book.evaluate(f"Reveal.getTotalSlides() + {questions}")
    assert pages > book.evaluate("Reveal.getTotalSlides()")
    open_deck(book, served, query="?print-pdf")
    # A question comes twice: with its answer. The pages come one after another.
    expect(book.locator(".pdf-page")).to_have_count(pages)
    tall = """() => [...document.querySelectorAll('.pdf-page section')]
        .filter(s => s.getBoundingClientRect().bottom
            > s.parentElement.getBoundingClientRect().bottom + 1).map(s => s.id)"""
    assert book.evaluate(tall) == []
    printed = book.pdf(prefer_css_page_size=True, print_background=True)
    assert printed.count(b"/Type /Page\n") == pages


def test_instructors_find_the_slides_and_learners_are_not_sent_there(
    book: Page, served: Served
) -> None:
    book.goto(f"{served.url}course/lessons/vectorise.html")
    expect(book.locator('a[href*="slides/"]')).to_have_count(0)
    book.goto(f"{served.url}course/instructors/vectorise.html")
    book.get_by_role("link", name="Slides", exact=True).click()
    expect(book.locator(".slides > section.present h1")).to_be_visible()
