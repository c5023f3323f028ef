"""Each export is read back as the system that it is for reads it."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from typer.testing import CliRunner

from autograder.cli import app
from autograder.records.exports import FORMATS, read_scores, write_export
from hpclab.errors import HpclabError
from tests.content.plain import CASES, NAME, Twins, url

# Learner: points, of which nbgrader's manual cells wait for a person in all but these.
POINTS = {"right": 3 + 4 + 1.0, "shares": 3 + 1.5 + 1, "fails": 4 + 1.0}


@pytest.fixture
def gradebook(twins: Twins) -> Any:
    with Gradebook(url(twins[0])) as opened:
        for learner in ("right", "late"):  # a person has looked at these
            submitted = opened.find_submission_notebook("one", NAME, learner)
            for grade in submitted.grades:
                grade.needs_manual_grade = False
        opened.update_or_create_student("idle", first_name="Ida", last_name='L, "E"', email="i@x")
        opened.update_or_create_student("absent")
        opened.db.commit()
        yield opened


def exported(gradebook: Gradebook, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(FORMATS[name](read_scores(gradebook)), newline="")))


def test_nbgraders_columns_are_its_own(gradebook: Gradebook, tmp_path: Path) -> None:
    gradebook.update_or_create_student("idle", last_name="Plain")  # theirs cannot write a comma
    theirs = CsvExportPlugin()
    theirs.to = str(tmp_path / "theirs.csv")
    theirs.export(gradebook)
    expected = list(csv.reader((tmp_path / "theirs.csv").open()))
    assert exported(gradebook, "nbgrader") == expected
    assert len(expected) == 1 + len(CASES) + 1
    gradebook.find_grade("share", "one", NAME, "right").manual_score = 0.5
    gradebook.db.commit()
    assert exported(gradebook, "nbgrader") != expected


def read_as_moodle(rows: list[list[str]], mapfrom: str) -> dict[str, dict[str, Any]]:
    """Moodle's load_data.php: trimmed headings, "" or "-" is no grade, others must be numbers."""
    heads = [head.strip() for head in rows[0]]
    assert all(len(row) == len(heads) for row in rows), "csvweirdcolumns"
    found = {}
    for row in rows[1:]:
        cells = dict(zip(heads, row, strict=True))
        grades = {h: None if v in ("", "-") else float(v) for h, v in cells.items() if "ment:" in h}
        assert all(value is None or 0 <= value <= 100 for value in grades.values())
        found[cells[mapfrom]] = {**cells, **grades}
    return found


def test_moodle_reads_it_back(gradebook: Gradebook) -> None:
    found = read_as_moodle(exported(gradebook, "moodle"), "Username")
    assert set(found) == {*CASES, "absent"}
    assert found["right"][f"Assignment: {NAME}"] == POINTS["right"]
    assert found["right"][f"Feedback: {NAME}"].startswith(
        "add-test: 3 of 3; free: 0 of 2; share: 4"
    )
    assert found["late"][f"Assignment: {NAME}"] == 0.0, "all of it is the penalty"
    assert "late: -6" in found["late"][f"Feedback: {NAME}"]
    assert found["fails"][f"Assignment: {NAME}"] is None, "it waits for a person"
    assert found["absent"][f"Assignment: {NAME}"] is None
    assert (found["idle"]["Surname"], found["idle"]["First name"]) == ('L, "E"', "Ida")
    assert read_as_moodle(exported(gradebook, "moodle"), "Email address")["i@x"]["Surname"]


def read_as_canvas(rows: list[list[str]]) -> tuple[dict[str, float], dict[str, dict[str, str]]]:
    """Canvas's gradebook_importer.rb: where headings must stand, what the second row is."""
    head = rows[0]
    assert len(head) > 4
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert re.search(r"SIS\s+User\s+ID", head[2])
    assert re.search(r"SIS\s+Login\s+ID", head[3])
    assert "Section" in head[4]
    names, possible, students = head[5:], {}, {}
    for row in rows[1:]:
        grades = {name: row[head.index(name)].strip() for name in names}
        if "Points Possible" in row[0]:
            possible = {name: float(value) for name, value in grades.items()}
        else:
            students[row[3]] = {"Student": row[0], **grades}
    return possible, students


def test_canvas_reads_it_back(gradebook: Gradebook) -> None:
    possible, students = read_as_canvas(exported(gradebook, "canvas"))
    assert possible == {NAME: 3 + 4 + 2 + 5 + 6 + 1}
    assert set(students) == {*CASES, "absent"}
    assert float(students["right"][NAME]) == POINTS["right"]
    assert students["fails"][NAME] == students["absent"][NAME] == ""
    assert students["idle"]["Student"] == 'L, "E", Ida'
    assert students["absent"]["Student"] == "absent"


def test_json_has_everything(gradebook: Gradebook) -> None:
    document = json.loads(FORMATS["json"](read_scores(gradebook, NAME)))
    assert document["format"] == 1
    found = {score["student_id"]: score for score in document["scores"]}
    for learner, points in POINTS.items():
        assert found[learner]["score"] == found[learner]["raw_score"] == points
    late = found["late"]
    assert (late["score"], late["late_submission_penalty"], late["submitted"]) == (0, 6, True)
    assert (found["absent"]["submitted"], found["absent"]["cells"]) == (False, [])
    (test,) = [cell for cell in found["fails"]["cells"] if cell["cell"] == "add-test"]
    assert test == {
        "notebook": "one", "cell": "add-test", "score": 0.0, "max_score": 3.0,
        "needs_manual_grade": False,
    }  # fmt: skip
    assert (found["fails"]["waits"], found["right"]["waits"]) == (True, False)
    page = Path(__file__).parents[2] / "book/reference/feedback-and-exports.md"
    told = page.read_text()
    names = set(document) | set(late) | set(test)
    assert [name for name in sorted(names) if f"`{name}`" not in told] == []


@pytest.mark.parametrize(
    "evil",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "  =1", "|calc", "%x", "\ufeff=1", "\x00=1"],
)
@pytest.mark.parametrize("name", ["nbgrader", "moodle", "canvas"])
def test_no_cell_is_a_formula(gradebook: Gradebook, evil: str, name: str) -> None:
    gradebook.update_or_create_student(f"{evil}x", last_name=evil, first_name=evil, email=evil)
    gradebook.db.commit()
    rows = exported(gradebook, name)
    assert len(rows) == len(exported(gradebook, "nbgrader")) + (name == "canvas")
    for row in rows:
        for cell in row:
            assert not re.match(r"[\s\ufeff\x00]*[=+\-@|%]", cell), row
    assert any("'" in cell for row in rows for cell in row)


def test_an_assignment_that_is_not_there_is_a_sentence(gradebook: Gradebook) -> None:
    with pytest.raises(HpclabError, match="The nearest: sums"):
        read_scores(gradebook, "sumz")


def test_the_command(twins: Twins, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (twins[0] / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'plain'\n"
    )
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    words = ["export", NAME, "--course", str(twins[0]), "--format"]
    done = run(app, [*words, "moodle", "--to", "out.csv"])
    assert done.exit_code == 0
    assert done.stdout.startswith("out.csv: 6 learners, 1 assignments. Left empty, since a person ")
    rows = list(csv.reader(Path("out.csv").read_text().splitlines()))
    assert read_as_moodle(rows, "Username")["right"]
    assert run(app, [*words, "json"]).exit_code == 0
    assert len(json.loads(Path("grades.json").read_text())["scores"]) == len(CASES)
    with pytest.raises(HpclabError, match="There is no format 'xls'"):
        run(app, [*words, "xls"], catch_exceptions=False)
    with pytest.raises(HpclabError, match="There is no assignment 'sumz'"):
        run(app, ["export", "sumz", "--course", str(twins[0])], catch_exceptions=False)
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["grades.json", "out.csv"]


def test_a_folder_that_is_not_there_is_a_sentence(gradebook: Gradebook, tmp_path: Path) -> None:
    with pytest.raises(HpclabError, match=r"There is no folder .*/gone; expected one to write"):
        write_export(gradebook, None, "json", tmp_path / "gone" / "grades.json")
