"""The gradebook's writer leaves what nbgrader's own converter leaves, all of it or nothing."""

from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from autograder.records.gradebook import Graded, Records
from hpclab.errors import HpclabError
from tests.content.plain import CASES, NAME, Twins, graded, rows, stock, url, write


def test_every_table_is_as_the_stock_converter_leaves_it(
    twins: Twins,
) -> None:
    theirs, ours, config = twins
    records = Records(config)
    for learner in CASES:
        write(records, theirs, learner)
    records.close()
    assert rows(url(ours)) == rows(url(theirs))
    once = rows(url(ours))
    assert len(once["grade"]) == 6 * len(CASES)
    records = Records(config)
    write(records, theirs, "late")
    assert rows(url(ours)) == once, "writing again changes nothing"
    write(records, theirs, "late", one=["share"])
    assert rows(url(ours)) != once, "and a grade that differs is seen"


def test_the_folder_is_as_the_stock_converter_leaves_it(twins: Twins) -> None:
    theirs, ours, config = twins
    records = Records(config)
    write(records, theirs, "right")
    write(records, theirs, "right")
    assert [path.name for path in (ours / "autograded/right").iterdir()] == [NAME]
    found = {path.name: path for path in (ours / "autograded/right" / NAME).iterdir()}
    expected = {path.name: path for path in (theirs / "autograded/right" / NAME).iterdir()}
    assert set(found) == set(expected) == {"one.ipynb", "two.ipynb", "data.csv", "timestamp.txt"}
    for name, path in expected.items():
        assert found[name].stat().st_mode == path.stat().st_mode
        if name != "timestamp.txt":
            assert found[name].read_bytes() == path.read_bytes(), name
    read = CourseDirectory(config=config).get_existing_timestamp
    assert read(found["one.ipynb"].parent) == read(expected["one.ipynb"].parent)


def grades(records: Records, learner: str, notebook: str = "one") -> dict[str, tuple[Any, ...]]:
    submitted = records.gradebook.find_submission_notebook(notebook, NAME, learner)
    return {g.name: (g.auto_score, g.needs_manual_grade, g.score) for g in submitted.grades}


def test_what_is_inconclusive_waits_for_a_person(twins: Twins) -> None:
    theirs, _, config = twins
    records = Records(config)
    write(records, theirs, "right", one=["share"])
    found = grades(records, "right")
    assert found["share"] == (None, True, 0.0)
    assert found["add-test"] == (3.0, False, 3.0)
    records.write("right", NAME, {"one": Graded(None)})
    assert set(grades(records, "right").values()) == {(None, True, 0.0)}
    assert set(grades(records, "right", "two").values()) == {(0.0, False, 0.0)}, "nbgrader's way"


def test_a_score_that_a_person_gave_survives(twins: Twins) -> None:
    theirs, ours, config = twins
    records = Records(config)
    write(records, theirs, "right")
    for course in (theirs, ours):
        with Gradebook(url(course)) as gradebook:
            gradebook.find_grade("share", "one", NAME, "right").manual_score = 0.25
            gradebook.find_comment("why", "one", NAME, "right").manual_comment = "Well said"
            gradebook.db.commit()
    stock(theirs, config, "right")
    write(records, theirs, "right")
    assert grades(records, "right")["share"] == (4.0, True, 0.25)
    of_learner = [row for row in rows(url(theirs))["grade"] if "right" in str(row)]
    assert of_learner == rows(url(ours))["grade"]


@pytest.mark.parametrize("said", ["yesterday", "2026-13-45 99:00 UTC", "9" * 40, "\x00", "1 2 3"])
def test_a_time_that_cannot_be_read_is_none(twins: Twins, said: str) -> None:
    theirs, ours, config = twins
    records = Records(config)
    records.write("right", NAME, graded(theirs, "right"), timestamp=said)
    assert records.gradebook.find_submission(NAME, "right").timestamp is None
    assert not (ours / "autograded/right" / NAME / "timestamp.txt").exists()


def test_what_the_gradebook_does_not_know_is_a_sentence(twins: Twins) -> None:
    theirs, ours, config = twins
    records = Records(config)
    with pytest.raises(HpclabError, match="No such assignment: differences"):
        records.write("right", "differences", {})
    work = graded(theirs, "right")
    work["one"].notebook.cells[2].metadata.nbgrader.grade_id = "planted"
    before = rows(url(ours))
    with pytest.raises(HpclabError, match="No such grade: sums/one/planted"):
        records.write("right", NAME, work)
    assert rows(url(ours)) == before, "not even the student"
    config.Autograde.create_student = False
    with pytest.raises(HpclabError, match="No such student: nobody"):
        Records(config).write("nobody", NAME, {})
    (ours / "gradebook.db").write_bytes(b"no database" * 100)
    with pytest.raises(HpclabError, match="cannot be used"):
        Records(config)


def test_the_plain_course_has_every_kind_of_cell(twins: Twins) -> None:
    with Gradebook(url(twins[1])) as gradebook:
        cells = gradebook.find_notebook("one", NAME)
        kinds = [cells.grade_cells, cells.solution_cells, cells.task_cells]
        assert list(map(len, kinds)) == [4, 3, 1]
