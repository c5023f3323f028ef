"""The feedback page in a real browser: nothing acts, nobody is asked, everything can be read."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output
from playwright.sync_api import BrowserContext, Page, expect

from hpclab.checks.report import Report
from hpclab.verdicts import Result, Verdict
from tests.browser.wcag import ask, colour_faults, faults, told
from tests.content.plain import NAME, Twins, feedback, make_twins
from tests.security.markup import HTML, plant

RESULT = Result("r", "saxpy", "`f` keeps `x < 1`", Verdict.FAILED, 2.0, 0.0, called="f(1)" * 99)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("plain")
    return make_twins(folder / "theirs", folder / "ours")


@pytest.fixture
def notebook(course: Twins) -> Any:
    return nbformat.read(course[0] / "autograded/fails" / NAME / "one.ipynb", as_version=4)


def opened(context: BrowserContext, path: Path, text: str) -> tuple[bool, list[str], list[str]]:
    """Whether a script ran, which other addresses were asked, what the browser complained of."""
    path.write_text(text)
    page, asked, complaints = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: asked.remove(request.url))  # by the page's policy
    page.route("https://other.example/**", lambda route: route.fulfill(body=""))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    page.eval_on_selector_all("#go", "links => links.forEach(link => link.click())")
    hacked = page.evaluate("() => window.hacked === 1")
    own = re.compile(r"(data|about|blob):|" + re.escape(path.as_uri()))
    return hacked, [url for url in asked if not own.match(url)], complaints


def test_nothing_acts(
    context: BrowserContext, course: Twins, notebook: Any, tmp_path: Path
) -> None:
    plant(notebook)
    text = feedback(course, notebook)
    path = tmp_path / "one.html"
    assert opened(context, path, text) == (False, [], [])
    policy = re.compile('<meta http-equiv="Content-Security-Policy"[^>]*>')
    assert opened(context, path, policy.sub("", text)) == (False, [], []), "without the policy"
    stays = [html for html in HTML if "http-equiv" not in html]
    raw = text.replace("</body>", "\n".join(stays))
    hacked, asked, complaints = opened(context, path, raw)
    assert (hacked, asked) == (False, []), "with the policy alone"
    assert complaints
    hacked, asked, _ = opened(context, path, policy.sub("", raw))
    assert hacked, "planted: with neither"
    assert asked


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_it_can_be_read(
    page: Page, course: Twins, notebook: Any, tmp_path: Path, scheme: Any, width: int
) -> None:
    data = Report("saxpy", [RESULT])._repr_mimebundle_()
    table = {"text/html": "<table><tr>" + "<td>12345.678</td>" * 4 + "</tr></table>"}
    outputs = [new_output("display_data", one) for one in (data, table)]
    outputs.append(new_output("stream", name="stdout", text="long\n" * 99))
    notebook.cells.append(new_code_cell("x = '" + "long " * 99 + "'", outputs=outputs))
    path = tmp_path / "one.html"
    path.write_text(feedback(course, notebook))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(path.as_uri())
    found = faults(page, "feedback") + colour_faults(page, "feedback")
    assert not found, told(found)
    assert ask(page, "tooWide") == []
    for seen in ("Score: 0.0 / 3.0", "A hidden test failed.", "saxpy: failed, 0 of 2 points"):
        expect(page.get_by_text(seen).first).to_be_visible()
