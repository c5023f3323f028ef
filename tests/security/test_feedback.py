"""Nothing that a learner wrote, or that their code put out, acts in a feedback page."""

import copy
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.engine.course import CourseFolder
from autograder.records.feedback import clean
from hpclab.checks.report import Report
from hpclab.verdicts import Result, Verdict
from tests.content.plain import NAME, SECRET, Twins, feedback, generate, make_twins
from tests.security.markup import HTML, plant

DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQ"
    "VR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("plain")
    return make_twins(folder / "theirs", folder / "ours")


def graded(course: Twins) -> Any:
    return nbformat.read(course[0] / "autograded/fails" / NAME / "one.ipynb", as_version=4)


def acts(page: str) -> list[str]:
    """What in a page could act, load or cover."""
    found = []
    for tag in BeautifulSoup(page, "html.parser").find_all(True):
        if tag.name in ("script", "iframe", "object", "embed", "link", "base", "form", "svg"):
            found.append(tag.name)
        if tag.name == "meta" and tag.get("http-equiv", "Content") == "refresh":
            found.append("refresh")
        for name, value in tag.attrs.items():
            value = " ".join(value) if isinstance(value, list) else value
            if name.startswith("on") or name in ("srcdoc", "srcset"):
                found.append(name)
            if name == "src" and not value.startswith("data:image/"):
                found.append(f"src={value}")
            if name == "href" and not value.startswith(("#", "https:", "http:", "mailto:")):
                found.append(f"href={value}")
            if name == "style" and any(word in value for word in ("url", "position", "margin: -")):
                found.append(f"style={value}")
    styles = [tag for tag in BeautifulSoup(page, "html.parser").find_all("style")]
    return found + ["style" for style in styles[1:]] + ["import" for s in styles if "@i" in s.text]


def test_nothing_acts(course: Twins) -> None:
    notebook = graded(course)
    plant(notebook)
    page = feedback(course, notebook)
    assert acts(page) == []
    assert page.index("Content-Security-Policy") < page.index("<title>") < page.index("<style>")
    assert "add-test" in page, "and the grades are still there"
    stock = graded(course)
    stock.cells += [new_markdown_cell(html) for html in HTML]
    assert {"script", "onerror", "refresh"} <= set(acts(feedback(course, stock, safe=False)))


@pytest.mark.parametrize("html", HTML)
def test_each_is_harmless_by_itself_and_twice(html: str) -> None:
    once = clean(html)
    assert acts(once) == []
    assert clean(once) == once


def test_what_is_honest_stays(course: Twins) -> None:
    notebook = graded(course)
    result = Result("r", "saxpy", "`f` keeps `x < 1`", Verdict.FAILED, 2.0, 0.0, got="<b>bold</b>")
    report = Report("saxpy", [result], as_points=True)
    table = "<table border=1><tr><th>a</th><td colspan=2>1</td></tr></table>"
    for data in (report._repr_mimebundle_(), {"image/png": DOT}, {"text/html": table}):
        notebook.cells.append(new_code_cell("1", outputs=[new_output("display_data", data)]))
    notebook.cells[
        0
    ].source = "A [link](https://example.org) and ~~old~~ `x < 1`\n\n| a |\n|---|\n| 1 |"
    soup = BeautifulSoup(feedback(course, notebook), "html.parser")
    (section,) = soup.select("section.hpclab-report")
    assert section["aria-label"] == "saxpy: failed, 0 of 2 points"
    assert "<b>bold</b>" in section.text
    assert "border-left:4px solid var(--jp-error-color1" in section.li["style"].replace(": ", ":")
    assert "white-space" in section.find_all("code")[-1]["style"]
    assert soup.select_one(f'img[src="data:image/png;base64,{DOT}"]')
    assert soup.select_one('td[colspan="2"]')
    assert soup.select_one('a[href="https://example.org"]')
    assert len(soup.select("table")) == 2
    assert "Score: 0.0 / 3.0" in soup.text
    assert "BEGIN HIDDEN" not in soup.text


def hides(page: str) -> bool:
    text = BeautifulSoup(page, "html.parser").get_text()
    return not any(word in text for word in ("20, 22", "forty-two", "HIDDEN TESTS"))


def test_hidden_tests_are_hidden(course: Twins) -> None:
    assert not hides(feedback(course, None, safe=False))
    page = feedback(course, None)
    assert hides(page)
    assert "A hidden test failed." in page
    assert "assert add(1, 1) == 2" in BeautifulSoup(page, "html.parser").get_text()


@pytest.mark.parametrize(
    "data",
    [
        {"text/plain": repr(f"x\n{SECRET}")},
        {"text/plain": SECRET.replace(" ", "\t  ")},
        {"text/html": f"<pre>{SECRET.replace('add', '<b>add</b>')}</pre>", "text/plain": "x"},
        {"text/html": SECRET.replace("=", "&#61;").replace("'", "&apos;"), "text/plain": "x"},
        {"text/markdown": f"```\n{SECRET}\n```", "text/plain": "x"},
        {"text/latex": SECRET},
    ],
)
def test_an_output_that_repeats_them_is_blanked(course: Twins, data: dict[str, str]) -> None:
    notebook = graded(course)
    own = new_code_cell("look()", outputs=[new_output("display_data", data)])
    notebook.cells.insert(0, own)
    assert hides(feedback(course, notebook))
    text = f"a line\n\x1b[32m{SECRET}\x1b[0m\nanother"
    own.outputs = [new_output("stream", name="stdout", text=text)]
    page = feedback(course, notebook)
    assert hides(page)
    assert "a line\n(a line of a hidden test)\nanother" in page


def test_an_error_of_the_learners_own_is_told(course: Twins) -> None:
    notebook = graded(course)
    (cell,) = [
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "add-test"
    ]
    lines = ["----> 1 assert add(1, 1) == 2", SECRET, "ZeroDivisionError: division by zero"]
    cell.outputs = [
        new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=lines)
    ]
    page = feedback(course, notebook)
    assert hides(page)
    assert "ZeroDivisionError: division by zero" in page
    assert "----&gt; 1" not in page


def test_a_line_that_everybody_may_see_is_not_blanked(course: Twins) -> None:
    notebook = graded(course)
    notebook.cells[0].source = SECRET  # the instructor tells it in the text
    notebook.cells.append(new_code_cell("x", outputs=[new_output("stream", text=SECRET)]))
    page = BeautifulSoup(feedback(course, notebook), "html.parser")
    assert page.select_one(".output_stream").get_text().strip() == SECRET
    assert "HIDDEN TESTS" not in page.text


def test_regions_that_do_not_match_cost_the_cell_and_not_the_page(course: Twins) -> None:
    notebook = graded(course)
    notebook.cells[2].source += "\n### BEGIN HIDDEN TESTS\nmore == 'secret'"
    notebook.cells.append(new_code_cell("# ### BEGIN HIDDEN TESTS\nmine = 1"))
    page = BeautifulSoup(feedback(course, notebook), "html.parser").get_text()
    assert "secret" not in page
    assert "mine = 1" in page


def test_other_delimiters(course: Twins) -> None:
    folder, _, config = course
    config = copy.deepcopy(config)
    config.ClearHiddenTests.begin_test_delimeter = "assert add(1, 1)"
    config.ClearHiddenTests.end_test_delimeter = "END HIDDEN"
    assert "BEGIN HIDDEN" not in generate(folder, config, safe=True)


def test_a_course_for_stock_nbgrader_gets_it_too(course: Twins) -> None:
    folder = course[0]
    (folder / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'plain'")
    config = CourseFolder.load(folder).config
    assert hides(generate(folder, config, safe=False)), "as `autograder watch` makes it"
    own = "get_config().GenerateFeedback.exporter_class = 'nbconvert.HTMLExporter'"
    (folder / "nbgrader_config.py").write_text(own)
    kept = CourseFolder.load(folder).config.GenerateFeedback
    assert kept == {"exporter_class": "nbconvert.HTMLExporter"}
