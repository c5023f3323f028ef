"""The home page, and the outline that tells a learner's server what the course consists of."""

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from hpclab.errors import HpclabError
from hpclab.outline import OUTLINE, Outline
from tests.unit.tiny import build, make_course


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_course(tmp_path_factory.mktemp("tiny") / "course")
    build(root)
    return root


@pytest.fixture(scope="module")
def home(built: Path) -> BeautifulSoup:
    return BeautifulSoup((built / "_build/book/html/index.html").read_text(), "html.parser")


def cells(row: Tag) -> list[str]:
    return [cell.text for cell in row.select("th, td")]


def test_tracks_and_lessons_are_plain_tables(home: BeautifulSoup) -> None:
    tracks, lessons = home.select(".pst-scrollable-table-container table")
    rows = tracks.select("tbody tr")
    assert [cells(row) for row in rows] == [
        ["Everything", "Title of one, Title of two", "0.8", "1.7"]
    ]
    assert [cells(row) for row in lessons.select("tbody tr")] == [
        ["Title of one", "Part", "45"],
        ["Title of two", "Part", "6"],
    ]
    assert [link["href"] for link in lessons.select("tbody a")] == [
        "lessons/one.html",
        "lessons/two.html",
    ]


def test_places_for_progress_stay_away_without_a_script(home: BeautifulSoup) -> None:
    places = home.select(".your-progress")
    assert len(places) == 4
    assert all(place.has_attr("hidden") and not place.text for place in places)
    assert home.select_one('[data-state="two"]')
    assert home.select_one('.your-progress[data-track="all"]')


def test_the_exercise_opens_from_the_home_page(home: BeautifulSoup) -> None:
    assert home.select_one("a.lab-link")["href"] == "../lab/tree/one/one.ipynb"


def test_an_answer_with_a_track_is_neither_right_nor_wrong(home: BeautifulSoup) -> None:
    question = home.select_one("#question-1")
    assert question["data-question"] == "index/1"
    answer = question.select_one("details")
    assert answer["data-track"] == "all"
    assert not answer.has_attr("data-correct")
    assert answer.select_one("p").text == "So take everything."


def test_the_outline_knows_lessons_tasks_and_quizzes(built: Path) -> None:
    outline = Outline.load(built / "_build/book/html")
    first = outline.lesson("one")
    assert (first.title, first.module, first.tasks) == ("Title of one", "Part", ["f"])
    assert outline.tracks["all"].lessons == ["one", "two"]
    placement = outline.quizzes["index"]
    assert placement["1"].tracks == {"a": "all"}
    assert (placement["2"].answers, placement["2"].skip) == ({"a": True, "b": False}, ["one"])
    assert outline.quizzes["one"]["1"].answers == {"a": False, "b": True}
    how, why = outline.surveys["asked"].values()
    assert (how.text, how.choices) == ("How sure are you?", ["not at all", "quite"])
    assert (why.text, why.choices) == ("Why?", [])
    with pytest.raises(HpclabError, match=r"no lesson 'onne'\. The nearest: one"):
        outline.lesson("onne")


def test_a_survey_is_text_without_a_script(built: Path) -> None:
    page = BeautifulSoup((built / "_build/book/html/asked.html").read_text(), "html.parser")
    how, why = page.select(".ask")
    assert how["data-ask"] == "asked/1"
    assert [item.text.strip() for item in how.select("li")] == ["not at all", "quite"]
    assert [line.text for line in why.select("p")] == ["Why?", "In your own words."]
    assert not page.select("main input, main textarea")


def test_a_book_without_an_outline_names_the_command(tmp_path: Path) -> None:
    for text in (None, "", "{}", '{"title": 1}'):
        if text is not None:
            (tmp_path / OUTLINE).write_text(text)
        with pytest.raises(HpclabError, match="Run `autograder build`"):
            Outline.load(tmp_path)


MISTAKES = {
    ":track: all": (":track: al", "track: There is no track 'al'. The nearest: all."),
    ":skip: one": (":skip: won", "skip: There is no lesson 'won'. The nearest:"),
    "{open-exercise} one": ("{open-exercise} on", "open-exercise: There is no lesson 'on'."),
    "# Start": (
        "# Start\n\n:::{ask} Why?\n:::",
        "ask: only a page that course.toml names in `surveys` asks",
    ),
    "{progress} continue": ("{progress} all", "progress: expected one of continue,"),
}


def test_an_authors_mistakes_have_lines(built: Path, tmp_path: Path) -> None:
    root = shutil.copytree(built, tmp_path / "course")
    page = root / "book" / "index.md"
    text = page.read_text()
    for good, (bad, _) in MISTAKES.items():
        text = text.replace(good, bad)
    page.write_text(text)
    (root / "book/asked.md").write_text("# Asked\n\n:::{ask} Why?\n- since\n:::\n")
    with pytest.raises(HpclabError) as caught:
        build(root)
    told = str(caught.value).splitlines()
    for _, said in MISTAKES.values():
        (line,) = [line for line in told if said in line]
        assert re.match(r"book/index\.md:\d+: ", line)
    assert "book/asked.md:3: " in str(caught.value)
    assert "ask: expected one list of 2 to 9 choices, or nothing" in str(caught.value)
