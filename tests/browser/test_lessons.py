"""Lessons in a browser: where pages lead; demos of each kind run in JupyterLab; exercises."""

import contextlib
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.reader import NotJSONError
from playwright.sync_api import Page, expect

from hpclab.course import Course
from tests.browser.conftest import REPOSITORY, Served, Watch
from tests.browser.lab import NOTEBOOK, SLOW, kernel_is, run_all

LESSONS = [lesson.slug for lesson in Course.load(REPOSITORY).lessons()]
RUN = ("vectorise", "chunks", "gpu-kernels")  # compiled, with a cluster, in the simulator


def test_each_page_leads_to_its_notebooks(book: Page, served: Served, watch: Watch) -> None:
    """The build has run each demo: here it is enough that JupyterLab would find it."""
    for slug in LESSONS:
        book.goto(f"{served.url}course/lessons/{slug}.html")
        for link, folder in (("Open the demo", "demos"), ("Open the exercise", slug)):
            to = book.get_by_role("link", name=link).first
            path = f"{folder}/{slug}.ipynb"
            assert to.evaluate("link => link.href") == f"{served.url}lab/tree/{path}"
            found = book.request.get(f"{served.url}api/contents/{path}?content=0")
            assert found.json()["type"] == "notebook", path
    assert watch.foreign == []
    assert watch.errors == []


@pytest.mark.parametrize("slug", RUN)
def test_page_demo_and_exercise(book: Page, served: Served, watch: Watch, slug: str) -> None:
    book.goto(f"{served.url}course/lessons/{slug}.html")
    with book.expect_popup() as opened:
        book.get_by_role("link", name="Open the demo").click()
    lab = opened.value
    tabs = lab.locator(".lm-DockPanel-tabBar .lm-TabBar-tab")
    expect(tabs.filter(has_text=f"{slug}.ipynb").first).to_be_visible(timeout=SLOW)
    kernel_is(lab, "idle")
    run_all(lab)
    expect_ran(served.folder / "demos" / f"{slug}.ipynb")

    book.bring_to_front()
    book.get_by_role("link", name="Open the exercise").click()
    lab.wait_for_url(f"**/lab/tree/{slug}/{slug}.ipynb", timeout=SLOW)
    shown = lab.locator(NOTEBOOK).get_by_text("Validate", exact=True)  # the demo behind has one too
    expect(shown).to_be_visible(timeout=SLOW)
    assert len(book.context.pages) == 2
    expect(lab.get_by_text("Jupyter news")).to_have_count(0)
    assert watch.foreign == []
    assert watch.errors == []


def expect_ran(path: Path) -> None:
    """The saved demo has run from top to bottom, without an error, and has drawn a figure."""
    cells = saved(path)
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output.ename for output in outputs if output.output_type == "error"] == []
    assert any("<svg" in output.get("data", {}).get("text/html", "") for output in outputs)


def saved(path: Path) -> list[Any]:
    """The code cells on disk, once the last of them has run."""
    for _ in range(60):
        with contextlib.suppress(NotJSONError):  # it is being written
            cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
            if cells[-1].execution_count:
                return cells
        time.sleep(0.5)
    pytest.fail(f"{path} was not saved as it has run")
