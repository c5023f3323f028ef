"""A learner's first visit: from the book to the exercise to the first green check."""

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import REPOSITORY, Served, Watch
from tests.browser.lab import open_exercise, run, validate, write

LESSONS = {"vectorise": "saxpy", "chunks": "extremes"}  # the lesson, and its core task


def source(slug: str) -> Path:
    return REPOSITORY / f"_build/course/source/{slug}/{slug}.ipynb"


@pytest.mark.parametrize("slug", LESSONS)
def test_from_the_page_to_the_first_green_check(book: Page, watch: Watch, slug: str) -> None:
    task = LESSONS[slug]
    book.locator(f'.bd-sidebar-primary a[href$="lessons/{slug}.html"]').first.click()
    expect(book.get_by_text("After this lesson you can")).to_be_visible()

    lab = open_exercise(book, slug)
    run(lab, "from hpclab import check, hint")
    run(lab, f"def {task}(")
    expect(run(lab, f'check("{task}")')).to_contain_text(f"{task}: unattempted, 0 of")
    answer = validate(lab)
    assert "The following cell" in answer
    assert f"{task}: unattempted" in answer

    notebook = nbformat.read(source(slug), as_version=4)
    (solution,) = [cell.source for cell in notebook.cells if cell.id == task]
    write(lab, f"def {task}(", solution)
    run(lab, f"def {task}(")
    expect(run(lab, f'check("{task}")')).to_contain_text(f"{task}: passed,")
    assert watch.foreign == []


@pytest.mark.parametrize("slug", LESSONS)
def test_validate_passes_the_solution(book: Page, served: Served, slug: str) -> None:
    mine = served.folder / slug / f"{slug}.ipynb"
    mine.write_bytes(source(slug).read_bytes())
    book.goto(f"{served.url}course/lessons/{slug}.html")
    lab = open_exercise(book, slug)
    assert "Success! Your notebook passes all the tests." in validate(lab)
