"""What a learner does in JupyterLab, step by step, for the tests and the benchmark."""

import re

from playwright.sync_api import Locator, Page, expect

SLOW = 90_000  # milliseconds; a loaded machine takes long to start a kernel
expect.set_options(timeout=60_000)
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"  # others may be open in tabs behind
RAN = re.compile(r"\[\d+\]:")


def open_exercise(page: Page, slug: str) -> Page:
    """From the lesson's page, by its own link, to the tab of a notebook whose kernel is ready."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the exercise").first.click()
    lab = opened.value
    lab.wait_for_url(f"**/lab/**/{slug}/{slug}.ipynb*", timeout=SLOW)
    # JupyterLab first restores the tabs of last time, and one of them is in front for a moment.
    front = lab.locator(".lm-DockPanel-tabBar .lm-mod-current")
    expect(front.filter(has_text=f"{slug}.ipynb")).to_be_visible(timeout=SLOW)
    kernel_is(lab, "idle")
    return lab


def kernel_is(page: Page, status: str) -> None:
    """Wait for a kernel, and for a word in its indicator, which is `idle` without one.

    JupyterLab takes a kernel for lost when a list of kernels that was asked for before it started
    arrives after it; a learner then loads the page again.
    """
    name = page.locator(f"{NOTEBOOK} .jp-KernelName")
    indicator = page.locator(f'{NOTEBOOK} .jp-Notebook-ExecutionIndicator[data-status="{status}"]')
    lost = name.filter(has_text="No Kernel")
    for _ in range(3):
        expect(name.first).to_have_text("Python 3 (ipykernel)", timeout=SLOW)
        expect(indicator.or_(lost).first).to_be_visible(timeout=SLOW)
        if not lost.count():
            return
        page.reload()
    raise AssertionError("The kernel was lost three times.")


def cell_with(page: Page, text: str) -> Locator:
    """The one code cell that holds `text`, scrolled into view."""
    cells = page.locator(f"{NOTEBOOK} .jp-CodeCell")
    cell = cells.filter(has=page.locator(".cm-content", has_text=text)).first
    expect(cell).to_be_attached(timeout=SLOW)
    cell.scroll_into_view_if_needed()
    return cell


def write(page: Page, text: str, code: str) -> None:
    """Put `code` in the place of the cell that holds `text`."""
    cell_with(page, text).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def run(page: Page, text: str) -> Locator:
    """Run the cell that holds `text`, and wait until it has run."""
    cell = cell_with(page, text)
    prompt = cell.locator(".jp-InputArea-prompt")
    before = prompt.inner_text().strip()
    for _ in range(3):  # a notebook that is still being laid out may lose a key
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        try:
            expect(prompt).not_to_have_text(before, timeout=5_000)
            break
        except AssertionError:
            continue
    expect(prompt).to_have_text(RAN, timeout=SLOW)
    return cell


def run_all(page: Page) -> None:
    """Run all cells from the menu, wait until the last one has run, and save."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    # The last cell is scrolled to; with many, those far away are not in the page.
    last = page.locator(f"{NOTEBOOK} .jp-CodeCell").last
    error = page.locator(f"{NOTEBOOK} .jp-OutputArea-output[data-mime-type$='error']")
    ran = last.locator(".jp-InputArea-prompt").first.filter(has_text=RAN)
    expect(ran.or_(error).first).to_be_visible(timeout=2 * SLOW)
    assert error.all_inner_texts() == []
    page.keyboard.press("Control+s")


def validate(page: Page) -> str:
    """Press nbgrader's Validate button, which saves first; close its answer, and give its text."""
    page.locator(NOTEBOOK).get_by_text("Validate", exact=True).click()
    answer = page.locator("#validation-message")
    expect(answer).to_be_visible(timeout=SLOW)
    text = answer.inner_text()
    page.get_by_role("button", name="Ok", exact=True).click()
    return text
