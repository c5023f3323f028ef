"""Learning alone: from the first visit to a first green check, away and back, stuck and unstuck."""

import re
import time
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hpclab.learner.progress import STATE, Progress
from hpclab.verdicts import Result, Verdict
from tests.browser.conftest import REPOSITORY, Served, Watch
from tests.browser.lab import open_exercise, run, write
from tests.browser.wcag import colour_faults, faults, told

SLUG, TASK = "vectorise", "saxpy"
WRONG = "def saxpy(a, x, y, out):\n    out[:] = 0\n"
SLOW_UPDATE = 10_000  # milliseconds


@pytest.fixture(autouse=True)
def first_visit(served: Served) -> Iterator[None]:
    """A learner who has not been here yet."""
    (served.folder / STATE / "progress.jsonl").unlink(missing_ok=True)
    release = REPOSITORY / f"_build/course/release/{SLUG}/{SLUG}.ipynb"
    notebook = served.folder / SLUG / f"{SLUG}.ipynb"
    notebook.write_bytes(release.read_bytes())
    yield
    notebook.write_bytes(release.read_bytes())


def solution() -> str:
    notebook = nbformat.read(REPOSITORY / f"_build/course/source/{SLUG}/{SLUG}.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.id == TASK)


def passed(served: Served, lesson: str, *tasks: str) -> None:
    """Green checks, as if made in the lab."""
    from hpclab.checks.report import Report

    for task in tasks:
        result = Result("check", task, "Says so.", Verdict.PASSED, 1.0, 1.0)
        Progress(served.folder).record_try(lesson, Report(task, [result]))


def settled(served: Served) -> None:
    """What a page says while it is being left has arrived."""
    file, size = Progress(served.folder).file, -1
    assert file is not None
    while size != (size := file.stat().st_size):
        time.sleep(3)


def another_visit(browser: Browser, served: Served) -> tuple[BrowserContext, Page]:
    """A browser that knows nothing of the first one, at the home page."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served.url}course/?token={served.token}")
    return context, page


def test_first_visit_to_first_green(book: Page, watch: Watch) -> None:
    here = book.locator("[data-continue]")
    expect(here).to_contain_text("Begin with")
    lab = open_exercise(book, SLUG)
    run(lab, "from hpclab import check, hint")
    write(lab, f"def {TASK}(", solution())
    run(lab, f"def {TASK}(")
    expect(run(lab, f'check("{TASK}")')).to_contain_text(f"{TASK}: passed,")
    # The first page was open all the time: it knows, and says so to a screen reader.
    expect(here).to_contain_text(f"{TASK}: passed, in", timeout=SLOW_UPDATE)
    expect(book.get_by_role("status").filter(has_text=TASK)).to_have_text(f"{TASK}: passed")
    expect(book.locator(f'[data-state="{SLUG}"]')).to_contain_text("core passed")
    mark = book.locator(f'.bd-sidebar-primary a[href$="lessons/{SLUG}.html"] .done')
    expect(mark).to_contain_text("core passed")
    assert watch.foreign == []
    assert watch.errors == []


def test_wrong_answer_hint_right_answer(book: Page, served: Served) -> None:
    book.goto(f"{served.url}course/lessons/{SLUG}.html")
    lab = open_exercise(book, SLUG)
    ask = f'from numba import njit\nfrom hpclab import check, hint\nhint("{TASK}")'
    write(lab, "from hpclab import check, hint", ask)
    hints = "from hpclab import check, hint"
    expect(run(lab, hints)).to_contain_text("Hint 1 of 3, a nudge")
    write(lab, f"def {TASK}(", WRONG)
    run(lab, f"def {TASK}(")
    expect(run(lab, f'check("{TASK}")')).to_contain_text("Hints used: 1 of 3. Next:")
    expect(run(lab, hints)).to_contain_text("Hint 2 of 3, the concept")
    expect(run(lab, hints)).to_contain_text("opens when a check has failed again")
    write(lab, f"def {TASK}(", solution())
    run(lab, f"def {TASK}(")
    done = run(lab, f'check("{TASK}")')
    expect(done).to_contain_text("Hints used: 2 of 3. The solution, and why it is fast:")
    expect(run(lab, hints)).to_contain_text("The solution.")
    place = book.locator(f'[data-lesson="{SLUG}"]')
    expect(place).to_contain_text("saxpy: passed (core), 2 tries, 2 hints", timeout=SLOW_UPDATE)
    expect(place).to_contain_text("Your progress: core passed")


def test_close_everything_and_resume(browser: Browser, served: Served) -> None:
    context, page = another_visit(browser, served)
    page.locator('.bd-sidebar-primary a[href$="lessons/races.html"]').first.click()
    expect(page.locator('[data-lesson="races"]')).to_contain_text("begun")
    page.locator("#the-law").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('the-law').scrollIntoView()")
    context.close()

    context, page = another_visit(browser, served)
    here = page.locator("[data-continue]")
    expect(here).to_contain_text("Continue where you left off: Why do two threads lose count?")
    here.get_by_role("link", name="Continue", exact=True).click()
    expect(page).to_have_url(re.compile(r"lessons/races\.html(#[\w-]+)?$"))
    context.close()
    settled(served)

    passed(served, "races", "total")  # a stretch task: the lesson is not done
    context, page = another_visit(browser, served)
    there = page.locator("[data-continue]").get_by_role("link", name="Open the exercise")
    expect(there).to_have_attribute("href", re.compile(r"/lab/tree/races/races\.ipynb$"))
    passed(served, "races", "histogram")
    expect(page.locator("[data-continue]")).to_contain_text("Begin with", timeout=SLOW_UPDATE)
    context.close()


def test_placement_and_track(book: Page, served: Served) -> None:
    for answer in ("question-1-b", "question-2-b", "question-3-a"):
        book.locator(f"#{answer} summary").click()
    place = book.locator("[data-placement]")
    expect(place).to_contain_text("Your track: Simulation and data engineer.")
    expect(place).to_contain_text("How long does it really take?")
    expect(place).not_to_contain_text("How fast can this code be")
    expect(book.locator("[data-continue]")).to_contain_text("Begin with: How fast can this code be")
    track = book.locator('.your-progress[data-track="simulation"]')
    expect(track).to_contain_text("Your track: 0 of 7 lessons")
    book.get_by_label("Your track:").select_option("one-day")
    expect(place).to_contain_text("Your track: One-day path.")
    book.reload()
    expect(book.get_by_label("Your track:")).to_have_value("one-day")


def test_an_answer_is_remembered(book: Page, served: Served) -> None:
    book.goto(f"{served.url}course/lessons/{SLUG}.html")
    question = book.locator("[data-question]").first
    wrong = question.locator('.answer[data-correct="false"] summary').first
    wrong.focus()
    book.keyboard.press("Enter")
    expect(question).to_contain_text("Your first answer was not the right one.")
    question.locator('.answer[data-correct="true"] summary').click()
    book.reload()
    expect(question).to_contain_text("Your first answer was not the right one.")
    kept = [e["correct"] for e in Progress(served.folder).events() if e["event"] == "quiz"]
    assert kept == [False, True]


def test_with_the_keyboard_alone(book: Page) -> None:
    expect(book.locator("[data-continue]")).to_be_visible()
    tab_to(book, "#your-track")
    book.keyboard.press("ArrowDown")
    expect(book.locator("[data-continue]")).to_contain_text("0 of 9 lessons")
    expect(book.locator("#your-track")).to_be_focused()
    tab_to(book, "#question-1-c summary")
    book.keyboard.press("Space")
    expect(book.locator("[data-placement]")).to_contain_text("One-day path")
    book.keyboard.press("Control+Home")
    book.reload()
    expect(book.locator("[data-continue]")).to_be_visible()
    tab_to(book, "[data-continue] a.lab-link")
    book.keyboard.press("Enter")
    expect(book.get_by_text("After this lesson you can")).to_be_visible()


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the element has the focus; it can be seen then."""
    for _ in range(250):
        page.keyboard.press("Tab")
        if page.evaluate("(s) => document.activeElement.matches(s)", wanted):
            expect(page.locator(wanted).first).to_be_in_viewport()
            return
    pytest.fail(f"Tab does not reach {wanted}")


@pytest.mark.parametrize(("width", "zoom"), [(390, 1), (640, 2), (1280, 1)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_progress_fits_every_screen(
    browser: Browser, served: Served, width: int, zoom: int, scheme: str
) -> None:
    """A telephone, 200 % zoom on a laptop, a wide screen: no scrolling sideways, no barrier."""
    passed(served, SLUG, "saxpy", "distance")
    Progress(served.folder).record(
        "prediction", demo=SLUG, question="How many?", guess=3, measured=4.5, unit="GB/s"
    )
    context = browser.new_context(
        viewport={"width": width, "height": 512}, device_scale_factor=zoom, color_scheme=scheme
    )
    page, found = context.new_page(), list[str]()
    for name in ("index.html", f"lessons/{SLUG}.html"):
        page.goto(f"{served.url}course/{name}?token={served.token}")
        expect(page.locator(".your-progress:visible").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate("new Promise((seen) => setTimeout(seen, 200))")  # its tables become stops
        found += faults(page, name) + colour_faults(page, name)
    context.close()
    assert not found, told(found)


def test_without_a_script_the_home_page_is_a_table_of_contents(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}course/index.html?token={served.token}")
    rows = page.locator(".pst-scrollable-table-container table tbody tr")
    expect(rows).to_have_count(4 + 11)
    expect(page.locator(".your-progress:visible")).to_have_count(0)
    rows.last.get_by_role("link").click()
    expect(page.get_by_text("After this lesson you can")).to_be_visible()
    context.close()


def test_without_a_learners_server_a_page_is_whole(browser: Browser, served: Served) -> None:
    """Published somewhere, or opened from disk: no progress, and nothing broken."""
    context = browser.new_context()
    page = context.new_page()
    errors = list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/course/api/**", lambda route: route.abort())
    page.goto(f"{served.url}course/index.html?token={served.token}", wait_until="networkidle")
    expect(page.locator(".your-progress:visible")).to_have_count(0)
    expect(page.get_by_role("heading", name="All lessons")).to_be_visible()
    page.locator("#question-2-b summary").click()
    expect(page.locator("#question-2-b p").first).to_contain_text("Right.")
    assert errors == []
    context.close()
