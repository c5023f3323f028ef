"""Badges say what the gradebook says, no more, and no longer than it does."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.records.badge import Grades
from autograder.records.badge_words import identity, names
from tests.content.badges import DID, Centre, decoded, payload


def test_a_badge_for_what_the_gradebook_holds(centre: Centre) -> None:
    said = centre.issue("--issuer", "HPC Test", "--until", "2999-12-31")
    assert said.code == 0, said
    assert "of each of these lessons: double (double), again (double). Graded by" in said.out
    assert "bob has not earned it:\n  again: 0 of 3 points in the core task double\n" in said.out
    assert "cleo has not earned it:\n  again: nothing was handed in and graded\n" in said.out
    assert "dan has not earned it:\n  again: a person must still look at double-check" in said.out
    assert sorted(path.name for path in (centre.root / "badges").iterdir()) == [
        "course.ada.html", "course.ada.jwt",
    ]  # fmt: skip
    says = payload(centre.badge)
    subject = says["credentialSubject"]
    achievement = subject["achievement"]
    assert says["issuer"] | {"type": 0} == {
        "id": DID, "name": "HPC Test", "type": 0, "url": "https://example.org/mini",
    }  # fmt: skip
    assert achievement["criteria"]["narrative"] in said.out
    (skill,) = achievement["alignment"]
    assert (skill["targetCode"], skill["targetFramework"]) == ("PE4.3", "HPC Certification Forum")
    points = {one["id"]: (one["name"], one["valueMax"]) for one in achievement["resultDescription"]}
    assert [one["value"] for one in subject["result"]] == ["3", "3"]
    assert [points[one["resultDescription"]][1] for one in subject["result"]] == ["3", "3"]
    assert says["validUntil"] == "2999-12-31T23:59:59Z"
    assert datetime.fromisoformat(says["validFrom"]).utcoffset().total_seconds() == 0
    assert b'"ada"' not in decoded(centre.badge.read_text().split(".")[1])
    for key in ("did.json", "public.pem"):
        checked = centre.verify("--student", "ada", "--course", str(centre.course), key=key)
        assert checked.code == 0, checked
        assert "✓" in checked.out
        assert "which is what the gradebook gives too" in checked.out


def test_who_has_not_earned_it_gets_a_sentence_and_nothing_else(centre: Centre) -> None:
    for who in ("bob", "cleo", "dan"):
        said = centre.issue(who)
        assert said.code == 1
        assert f"{who} has not earned it" in said.out
    assert not (centre.root / "badges").exists()
    said = centre.issue("adah")
    assert said.code == 1
    assert "There is no learner 'adah'. The nearest: ada" in said.err


def test_a_track_and_a_lesson(centre: Centre) -> None:
    said = centre.issue("bob", "--track", "short")
    assert said.code == 0, said
    says = payload(centre.root / "badges/track-short.bob.jwt")
    assert says["name"] == "Mini: Short & sweet"
    assert len(says["credentialSubject"]["result"]) == 1
    assert centre.issue("bob", "--lesson", "double").code == 0
    assert centre.issue("bob", "--lesson", "again").code == 1
    assert "There is no track 'shirt'" in centre.issue("--track", "shirt").err
    assert "expected one of them" in centre.issue("--track", "short", "--lesson", "double").err
    assert "is past" in centre.issue("--until", "2020-01-01").err


@pytest.mark.parametrize(
    ("cell", "column", "value", "said"),
    [
        ("double-check", "auto_score", 0.5, "1.5 of 3 points in the core task"),
        ("double-hidden", "manual_score", 0.0, "points in the core task"),
        ("double-check", "needs_manual_grade", True, "still look at double-check"),
        ("double-hidden", "needs_manual_grade", True, "still look at double-hidden"),
    ],
)
def test_each_grade_of_the_core_task_counts(
    centre: Centre, cell: str, column: str, value: object, said: str
) -> None:
    with centre.gradebook() as gradebook:
        setattr(gradebook.find_grade(cell, "again", "again", "ada"), column, value)
        gradebook.db.commit()
    answer = centre.issue("ada")
    assert answer.code == 1
    assert said in answer.out


def test_an_assignment_or_a_task_that_the_gradebook_lacks(centre: Centre) -> None:
    exercise = centre.root / "exercises/again/exercise.py"
    text = exercise.read_text()
    exercise.write_text(text.replace('="double"', '="other"'))
    assert "no points for the core task other" in centre.issue("ada").out
    exercise.write_text(text)
    with centre.gradebook() as gradebook:
        gradebook.remove_assignment("again")
    assert "again: the gradebook has no such assignment" in centre.issue("ada").out


def test_a_badge_that_is_there_stays(centre: Centre) -> None:
    assert centre.issue("ada").code == 0
    before = centre.badge.read_text()
    said = centre.issue("ada")
    assert (said.code, centre.badge.read_text()) == (0, before)
    assert "delete it to issue another" in said.out
    centre.badge.unlink()
    assert centre.issue("ada").code == 0
    one, two = (payload(token)["credentialSubject"] for token in (before, centre.badge))
    assert one["identifier"] != two["identifier"], "a new salt, so that nobody can link them"


def test_the_learner_by_id_or_by_hash() -> None:
    plain, hashed = identity("ada", plain=True), identity("ada", plain=False)
    assert plain.to_dict()["identityHash"] == "ada"
    salted = hashlib.sha256(f"ada{hashed.salt}".encode()).hexdigest()
    assert hashed.to_dict()["identityHash"] == f"sha256${salted}"
    for who in (plain, hashed):
        assert names(who, "ada")
        assert not names(who, "bob")


def test_the_digest_is_what_the_docs_say(centre: Centre) -> None:
    centre.issue("ada", "--plain-id")
    page = Path(__file__).parents[2] / "book/reference/badges.md"
    example = page.read_text().split("```json\n")[1].split("```")[0]
    keys = list(json.loads(example)["lessons"][0])
    lessons = []
    with centre.gradebook() as gradebook:
        for slug in ("double", "again"):
            graded = nbformat.read(centre.course / f"autograded/ada/{slug}/{slug}.ipynb", 4)
            (text,) = [cell.source for cell in graded.cells if cell.id == "double"]
            grades = gradebook.find_submission_notebook(slug, slug, "ada").grades
            facts = {
                "assignment": slug,
                "handed_in": "2026-01-01 10:00:00",
                "score": "3",
                "late_submission_penalty": "0",
                "max_score": "3",
                "cells": sorted([slug, g.name, f"{g.score:g}", f"{g.max_score:g}"] for g in grades),
                "work": {"double": hashlib.sha256(text.encode()).hexdigest()},
            }
            assert list(facts) == keys
            lessons.append(facts)
    document = {"format": "1", "learner": "ada", "lessons": lessons}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (evidence,) = payload(centre.badge)["evidence"]
    prefix, _, value = evidence["id"].rpartition(";")
    assert prefix == "ni:///sha-256"
    assert decoded(value) == hashlib.sha256(text.encode()).digest()


def change_score(gradebook: Gradebook, course: Path) -> None:
    gradebook.find_grade("double-check", "again", "again", "ada").manual_score = 0.0


def change_share(gradebook: Gradebook, course: Path) -> None:
    for name, share in (("double-check", 2.5), ("double-hidden", 0.5)):
        gradebook.find_grade(name, "again", "again", "ada").manual_score = share


def change_time(gradebook: Gradebook, course: Path) -> None:
    gradebook.find_submission("again", "ada").timestamp = datetime(2026, 1, 2)


def change_penalty(gradebook: Gradebook, course: Path) -> None:
    gradebook.find_submission_notebook("again", "again", "ada").late_submission_penalty = 1.0


def change_work(gradebook: Gradebook, course: Path) -> None:
    path = course / "autograded/ada/again/again.ipynb"
    path.write_text(path.read_text().replace("right too", "right two"))


def change_learner(gradebook: Gradebook, course: Path) -> None:
    gradebook.remove_student("ada")


def lose_work(gradebook: Gradebook, course: Path) -> None:
    (course / "autograded/ada/again/again.ipynb").unlink()


def lose_assignment(gradebook: Gradebook, course: Path) -> None:
    gradebook.remove_assignment("again")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (change_score, "again: 3 points in the badge"),
        (change_share, "The digest is another"),
        (change_time, "The digest is another"),
        (change_penalty, "again: 3 points in the badge, 2 in the gradebook"),
        (change_work, "The digest is another"),
        (change_learner, "no learner whom this badge names"),
        (lose_work, "What was graded cannot be found"),
        (lose_assignment, "The gradebook has no assignment 'again'"),
    ],
)
def test_what_changed_in_the_gradebook_is_said(centre: Centre, change: object, said: str) -> None:
    centre.issue("ada")
    with centre.gradebook() as gradebook:
        change(gradebook, centre.course)
        gradebook.db.commit()
    answer = centre.verify("--course", str(centre.course))
    assert answer.code == 1
    assert said in answer.err
    alone = centre.verify()
    assert alone.code == 0, "the signature is good all the same"
    assert "--course compares it with a gradebook" in alone.out


def test_what_was_graded_must_be_there_to_issue(centre: Centre) -> None:
    (centre.course / "autograded/ada/again/again.ipynb").unlink()
    said = centre.issue("ada")
    assert said.code == 1
    assert "again: what was graded cannot be found" in said.out


def test_reading_changes_nothing(centre: Centre) -> None:
    before = (centre.course / "gradebook.db").read_bytes()
    centre.issue()
    centre.verify("--course", str(centre.course))
    assert (centre.course / "gradebook.db").read_bytes() == before
    with centre.gradebook() as gradebook:
        grades = Grades(gradebook, lambda who, slug: centre.course / "autograded" / who / slug)
        ada = gradebook.find_student("ada")
        scores = grades.scores(ada, ["double"])
        assert grades.digest(ada, "a", scores) != grades.digest(ada, "b", scores)
