"""The book of a small course: cards, quizzes, metadata, and what an author's mistake gives."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from hpclab.errors import HpclabError
from tests.unit.tiny import build, make_course


def failure(root: Path) -> str:
    with pytest.raises(HpclabError) as caught:
        build(root)
    return str(caught.value)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_course(tmp_path_factory.mktemp("tiny") / "course")
    build(root)
    return root


@pytest.fixture
def course(built: Path) -> Iterator[Path]:
    """The built course, to be changed; its pages are put back afterwards."""
    paths = [*built.glob("book/*/*.*"), *built.glob("notebooks/*")]
    kept = {path: path.read_bytes() for path in paths}
    yield built
    for path, text in kept.items():
        if not path.is_file() or path.read_bytes() != text:
            path.write_bytes(text)


def page(root: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((root / "_build/book/html" / name).read_text(), "html.parser")


def one(soup: BeautifulSoup | Tag, selector: str) -> Tag:
    found = soup.select(selector)
    assert len(found) == 1, selector
    return found[0]


def test_the_card_shows_what_the_manifest_knows(built: Path) -> None:
    card = one(page(built, "lessons/two.html"), ".card-objectives")
    assert [item.text for item in card.select("ul li")] == ["predict x with \\(I\\)", "write y"]
    facts = dict(zip([t.text for t in card.select("dt")], card.select("dd"), strict=True))
    assert facts["Minutes"].text == "page 1, demo 2, core task 3, stretch tasks 4"
    assert one(facts["Prerequisites"], "a").text == "Title of one"
    assert one(facts["Prerequisites"], "a")["href"] == "one.html"
    skills = one(page(built, "lessons/one.html"), ".card-objectives").select("dd")[-1]
    assert skills.text == "Code Optimisation (PE3-B)"


def test_links_to_the_lab_are_relative_so_that_a_hubs_prefix_stays(built: Path) -> None:
    links = page(built, "lessons/one.html").select("a.lab-link")
    assert {link.text: link["href"] for link in links} == {
        "Open the demo": "../../lab/tree/demos/one.ipynb",
        "Open the exercise": "../../lab/tree/one/one.ipynb",
    }
    demo = page(built, "demos/one.html")
    assert one(demo, "a.lab-link")["href"] == "../../lab/tree/demos/one.ipynb"
    assert one(demo, ".lab-links a.reference")["href"] == "../lessons/one.html"


def test_a_quiz_needs_no_script(built: Path) -> None:
    question = one(page(built, "lessons/one.html"), "#question-1")
    assert question["data-question"] == "one/1"
    answers = question.select("details")
    assert [answer["id"] for answer in answers] == ["question-1-a", "question-1-b"]
    assert [answer["data-correct"] for answer in answers] == ["false", "true"]
    assert one(answers[0], "summary code").text == "bytes"
    assert "Not this one. Too few." in answers[0].text
    assert "Right. Five times eight." in answers[1].text


def test_training_metadata_of_a_lesson(built: Path) -> None:
    soup = page(built, "lessons/two.html")
    material = json.loads(one(soup, 'script[type="application/ld+json"]').text)
    assert material["@type"] == "LearningResource"
    assert material["http://purl.org/dc/terms/conformsTo"]["@id"].endswith("/1.0-RELEASE")
    assert material["name"] == "Title of two"
    assert material["description"] == "First words of two. See [One, 2001]."
    assert material["keywords"] == ["Dask"]
    assert material["teaches"] == ["predict x with I", "write y"]
    assert material["competencyRequired"] == ["Title of one"]
    assert material["timeRequired"] == "PT10M"
    first = one(page(built, "lessons/one.html"), 'script[type="application/ld+json"]').text
    assert json.loads(first)["keywords"][1] == "a </script> b"
    assert json.loads(first)["about"][0]["termCode"] == "PE3-B"
    assert not page(built, "demos/one.html").select('script[type="application/ld+json"]')


def test_demos_are_executed(built: Path) -> None:
    assert one(page(built, "demos/one.html"), ".cell_output").text.strip() == "42"


def test_no_page_names_a_script_or_style_of_another_host(built: Path) -> None:
    html = built / "_build/book/html"
    for path in html.rglob("*.html"):
        for tag in BeautifulSoup(path.read_text(), "html.parser").select("script[src], link, img"):
            assert not re.match(r"(https?:)?//", str(tag.get("src") or tag.get("href") or "")), tag
    assert (html / "_static/mathjax/tex-chtml.js").is_file()


def test_the_sources_are_not_published(built: Path) -> None:
    names = {path.suffix for path in (built / "_build/book/html").rglob("*")}
    assert not names & {".py", ".md", ".ipynb", ".log"}


# What an author may get wrong, and what the build then says: the file, the line, what was expected.
MISTAKES = [
    [
        ("book/lessons/one.md", "See", "[x](nowhere.md) See", "book/lessons/one.md:8: "),
        ("book/lessons/one.md", ":correct:\n", "", "at least one of them with `:correct:`"),
        ("book/lessons/two.md", "someone", "nobody", "book/lessons/two.md:8: "),
        ("book/lessons/two.md", "Too few.\n", "", "answer: expected the reason"),
        ("notebooks/one.py", "# # Demo", "# {cite}`gone`\n# # Demo", "notebooks/one.py:2: "),
    ],
    [
        ("book/lessons/one.md", "- predict `x` with $I$\n- write", "Write", "expected a list"),
        ("book/lessons/two.md", "{question}", "{qestion}", "book/lessons/two.md:13: "),
        ("notebooks/one.py", "6 * 7", "x = 1\nx / 0", "notebooks/one.py:5: "),
        ("notebooks/one.py", "x / 0", "x / 0", "ZeroDivisionError: division by zero"),
    ],
    [("notebooks/two.py", "6 * 7", "import os\nos._exit(1)", "two.py: the demo's kernel died")],
]


@pytest.mark.parametrize("mistakes", MISTAKES)
def test_a_mistake_names_the_authors_line_until_it_is_mended(
    course: Path, mistakes: list[tuple[str, str, str, str]]
) -> None:
    before = (course / "_build/book/html/lessons/one.html").read_bytes()
    texts = {file: (course / file).read_text() for file, *_ in mistakes}
    for file, old, new, _ in mistakes:
        text = (course / file).read_text()
        assert old in text
        (course / file).write_text(text.replace(old, new, 1))
    first, second = failure(course), failure(course)
    for *_, said in mistakes:
        assert said in first
        assert said in second, "Sphinx tells of an unchanged page only once; we tell again"
    assert (course / "_build/book/html/lessons/one.html").read_bytes() == before
    for file, text in texts.items():
        (course / file).write_text(text)
    build(course)


def test_a_missing_page_is_named(course: Path) -> None:
    (course / "book/instructors/two.md").unlink()
    assert "pages that are missing: book/instructors/two.md" in failure(course)


def test_objectives_stand_on_lessons_only(course: Path) -> None:
    (course / "book/instructors/two.md").write_text("# Notes\n\n:::{objectives}\n- x\n:::\n")
    assert "book/instructors/two.md:3: " in (said := failure(course))
    assert "objectives: only a lesson's page" in said


def test_only_what_changed_is_built_again(course: Path) -> None:
    build(course)
    pages = list((course / "_build/book/sphinx").rglob("*.html"))
    before = {path: path.stat().st_mtime_ns for path in pages}
    source = course / "book/lessons/one.md"
    source.write_text(source.read_text() + "\nMore words.\n")
    build(course)
    assert "More words." in page(course, "lessons/one.html").text
    changed = {path.name for path, stamp in before.items() if path.stat().st_mtime_ns != stamp}
    assert changed == {"index.html", "one.html", "search.html"}


def test_a_change_of_the_manifest_reaches_the_cards(course: Path) -> None:
    manifest = course / "course.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("page = 20", "page = 21"))
    os.utime(manifest)
    build(course)
    assert "page 21" in page(course, "lessons/one.html").text
    manifest.write_text(text)
    build(course)


@pytest.mark.parametrize("file", ["style/hpclab.css", "script/live.js"])
def test_a_changed_style_or_script_is_published(course: Path, file: str) -> None:
    (course / "book" / file).write_text("/* new */")
    build(course)
    assert (course / "_build/book/html/_static" / Path(file).name).read_text() == "/* new */"


def test_a_lesson_that_went_leaves_the_book(tmp_path: Path, built: Path) -> None:
    root = shutil.copytree(built, tmp_path / "course")
    manifest = (root / "course.toml").read_text()
    head, _, _ = manifest.rpartition("[[modules.lessons]]")
    (root / "course.toml").write_text(head.replace('"one", "two"', '"one"'))
    html = build(root)
    assert (html / "lessons/one.html").is_file()
    assert not (html / "lessons/two.html").exists()
