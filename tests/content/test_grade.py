"""`autograder grade`, with a stand-in for the examiner: what it grades, says and leaves."""

import json
from pathlib import Path

import pytest

from tests.content.grading import Runner, hand_in, scores


def test_what_is_handed_in_stands_in_the_gradebook(grade: Runner) -> None:
    hand_in(grade.course, "ada", "# right name:ada")
    hand_in(grade.course, "bob", "# wrong name:bob")
    said = grade("grade")
    assert said.code == 0, said
    assert scores(grade.course) == {"ada": (3.0, False), "bob": (0.0, False)}
    assert "double: 2 submissions, 2 of them graded now, 1 with full marks." in said.out
    assert {"double.ipynb", "timestamp.txt", "submission_secret.txt", "checks.py"} <= {
        path.name for path in (grade.course / "autograded/ada/double").iterdir()
    }
    again = grade("grade", "double")
    assert "2 submissions, 0 of them graded now" in again.out
    assert grade.ran() == {"packed name:ada": 1, "packed name:bob": 1}


def test_what_waits_for_a_person(grade: Runner) -> None:
    hand_in(grade.course, "ada", "# inconclusive name:ada")
    hand_in(grade.course, "bob", "# fails name:bob")
    hand_in(grade.course, "cleo", "# right name:cleo")
    broken = hand_in(grade.course, "dan", "")
    (broken / "double.ipynb").write_text("{ broken")
    for _ in range(2):  # a second run says it again
        said = grade("grade")
        assert said.code == 3, said
        assert "A person must look at 3:\n  ada: double-check, double-hidden\n  bob:" in said.out
        assert "dan: double-check" in said.out
        assert str(grade.course) not in said.out, "a learner's note names no folder of ours"
    assert scores(grade.course)["cleo"] == (3.0, False)
    assert {s for s, (_, waits) in scores(grade.course).items() if waits} == {"ada", "bob", "dan"}
    lines = (grade.course / "grading/double.jsonl").read_text().splitlines()
    saved = [line for line in map(json.loads, lines) if line["event"] == "saved"]
    assert {one["student"]: one["score"] for one in saved} == dict(ada=0, bob=0, cleo=3, dan=0)
    page = (grade.course / "autograded/dan/double/double.ipynb").read_text()
    assert "This could not be graded: a person will look at it." in page
    assert grade.ran("began")["packed name:bob"] == 3, "an examiner that dies is replaced twice"
    assert grade("grade", "--retry").code == 3
    assert grade.ran()["packed name:ada"] == 2
    assert grade.ran()["packed name:cleo"] == 1


def test_the_same_content_is_run_once(grade: Runner) -> None:
    for who in ("ada", "bob", "cleo"):
        hand_in(grade.course, who, "# right name:shared")
    assert grade("grade").code == 0
    assert set(scores(grade.course).values()) == {(3.0, False)}
    assert grade.ran() == {"packed name:shared": 1}
    hand_in(grade.course, "ada", "# wrong name:ada", "2026-01-02 10:00:00 UTC")
    assert grade("grade").code == 0
    assert scores(grade.course)["ada"] == (0.0, False)
    assert grade.ran()["packed name:shared"] == 1


def test_json_is_the_only_thing_on_stdout(grade: Runner) -> None:
    hand_in(grade.course, "ada", "# right")
    hand_in(grade.course, "bob", "# inconclusive")
    said = grade("grade", "--json")
    document = json.loads(said.out)
    (double,) = document["assignments"]
    ada, bob = double["submissions"]
    assert (said.code, document["version"], double["graded_now"]) == (3, 1, 2)
    assert (ada["student"], ada["score"], ada["of"], ada["waits_for_a_person"]) == ("ada", 3, 3, [])
    assert bob["waits_for_a_person"] == ["double-check", "double-hidden"]
    assert {check["verdict"] for check in ada["checks"]} == {"passed"}


def test_other_checks_are_said_and_regraded_with_the_difference(grade: Runner) -> None:
    hand_in(grade.course, "ada", "# stricter right name:ada")
    hand_in(grade.course, "bob", "# right name:bob")
    grade("grade")
    with (grade.course / "hidden/double.py").open("a") as file:
        file.write("# stricter\n")
    hand_in(grade.course, "cleo", "# right name:cleo")
    said = grade("grade")
    assert "2 were graded with other checks" in said.out
    assert "`autograder regrade double`" in said.out
    assert grade.ran() == {f"packed name:{who}": 1 for who in ("ada", "bob", "cleo")}
    assert scores(grade.course)["cleo"] == (3.0, False)
    for _ in range(2):  # asked again, it says the same
        said = grade("regrade")
        assert said.code == 0, said
        lines = [line.strip() for line in said.out.splitlines()]
        assert (
            "ada: 3 → 0 of 3; double-check passed → failed; double-hidden passed → failed" in lines
        )
        assert not [line for line in lines if line.startswith("bob: 3")]
    (double,) = json.loads(grade("regrade", "--json").out)["assignments"]
    (change,) = double["changes"]
    assert (change["student"], change["before"], change["after"]) == ("ada", 3, 0)
    assert change["checks"]["double-check"] == ["passed", "failed"]
    assert grade.ran()["packed name:ada"] == 2
    assert grade.ran()["packed name:cleo"] == 1, "it has today's checks"
    assert "other checks" not in grade("grade").out


def test_nothing_confines(grade: Runner) -> None:
    hand_in(grade.course, "ada", "# forbidden")
    said = grade("grade")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[-1] == "Nothing here can confine a submission."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nope"], "There is no assignment 'nope'. The nearest: double."),
        (["--submitted", "nowhere"], "There is no folder nowhere; expected submissions in it."),
        (["--course", "nowhere"], "There is no nowhere/nbgrader_config.py; expected"),
        (["--gradebook", "what"], "'what' is no database's URL; expected something like"),
        (["--gradebook", "postgresql://nobody@127.0.0.1:1/x"], "The gradebook postgresql"),
        (["--scheduler", "tcp://127.0.0.1:1"], "No Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_bad_input_is_a_sentence(grade: Runner, words: list[str], sentence: str) -> None:
    hand_in(grade.course, "ada", "# right")
    said = grade("grade", *words)
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith(sentence), said
    assert "Traceback" not in said.err


def test_nothing_handed_in(grade: Runner) -> None:
    said = grade("grade")
    assert (said.code, said.err) == (0, "")
    assert "Nothing was handed in" in said.out


def test_another_folder_and_another_gradebook(grade: Runner, tmp_path: Path) -> None:
    hand_in(grade.course, "ada", "# right name:ada")
    elsewhere = tmp_path / "else+where"
    (grade.course / "submitted").rename(elsewhere)
    url = f"sqlite:///{tmp_path}/other.db"
    said = grade("grade", "--submitted", str(elsewhere), "--gradebook", url)
    assert said.code == 0, said
    assert scores(grade.course) == {}
    assert scores(grade.course, url) == {"ada": (3.0, False)}
    grade("grade", "--submitted", str(elsewhere))
    assert scores(grade.course) == {"ada": (3.0, False)}
    assert grade.ran() == {"packed name:ada": 1}, "the result was there already"
