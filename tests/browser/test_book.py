"""Every page of the real book in a real browser: offline, without errors, readable everywhere."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served, Watch

TOO_WIDE = """() => document.documentElement.scrollWidth > innerWidth
    ? [...document.querySelectorAll('*')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5).map(e => `${e.tagName}.${e.className}`)
    : []"""
# Text whose contrast with what is behind it is less than WCAG 2.2's AA asks (4.5, large text 3).
PALE = """() => {
    const channels = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const alpha = c => (channels(c)[3] ?? 1);
    const light = c => channels(c).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const ground = getComputedStyle(e).backgroundColor;
            if (alpha(ground) > 0.5) return ground;
        }
        return 'rgb(255, 255, 255)';
    };
    const pale = [];
    for (const e of document.querySelectorAll('.bd-content *, .bd-sidebar-primary *')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!own || !e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        const style = getComputedStyle(e);
        const ink = e instanceof SVGElement ? style.fill : style.color;
        if (ink === 'none' || alpha(ink) < 0.5) continue;
        const [a, b] = [light(ink), light(behind(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const large = parseFloat(style.fontSize) >= 24;
        if (ratio < (large ? 3 : 4.5))
            pale.push([e.tagName, e.className, ratio.toFixed(2), e.textContent.slice(0, 40)]);
    }
    return pale.slice(0, 10);
}"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page(book: Page, served: Served, watch: Watch, scheme: str, width: int) -> None:
    """No request to another host, no error; text that can be read; no scrolling sideways."""
    book.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    book.set_viewport_size({"width": width, "height": 844})
    pale, wide = {}, {}
    for name in served.pages():
        book.goto(f"{served.url}course/{name}", wait_until="networkidle")
        expect(book.locator("html")).to_have_attribute("data-theme", scheme)
        pale[name] = book.evaluate(PALE)
        wide[name] = book.evaluate(TOO_WIDE)
    assert {name: texts for name, texts in pale.items() if texts} == {}
    assert {name: elements for name, elements in wide.items() if elements} == {}
    assert watch.foreign == []
    assert watch.errors == []


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
