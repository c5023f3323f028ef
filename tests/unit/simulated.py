"""A simulated room: what many learners have done so far, as the wall's journal would have it."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.workshop.place import Place
from autograder.workshop.wall.known import Course
from autograder.workshop.wall.names import draw
from tests.unit.walls import lay_people


def fill(root: Path, book: Path, release: Path, learners: int, seed: int = 1) -> Place:
    """A workshop's folder for a built course, with `learners` who have worked for some hours."""
    place = Place(root)
    place.make()
    for part, built in (("book/html", book), ("course/release", release)):
        (place.public / part).parent.mkdir(parents=True, exist_ok=True)
        (place.public / part).symlink_to(built)
    users = lay_people(place, learners)
    place.wall_state.mkdir()
    events = list(happened(Course.load(book, release), users, random.Random(seed)))
    events.sort(key=lambda event: event["at"])
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (place.wall_state / "events.jsonl").write_text(lines)
    return place


def happened(course: Course, users: list[str], rng: random.Random) -> Iterator[dict[str, Any]]:
    """Two or three lessons of work; an eighth are quiet, a few are stuck or ask for help."""
    now, taken = time.time(), set[str]()
    for user in users:
        if rng.random() < 0.125:
            continue
        taken.add(pseudonym := draw(taken))
        at = now - 9000
        yield {"at": at, "user": user, "event": "drawn", "pseudonym": pseudonym}
        for key in course.tasks[: rng.choice([5, 7, 8, 9, 9, 10, 12])]:
            if rng.random() < 0.2:
                continue  # a stretch task that they leave out
            verdicts = rng.choice(
                [["passed"], ["failed", "passed"], ["partial", "failed", "passed"]]
            )
            for verdict in verdicts:
                at = min(now - rng.uniform(20, 300), at + rng.uniform(120, 900))
                yield tried(course, rng, user, key, verdict, at)
        last = rng.choice(["passed", "failed", "partial", "inconclusive", "unattempted"])
        at = min(now - rng.choice([30, 60, 120, 700, 900]), max(at, now - 1200))
        yield tried(course, rng, user, key, last, at)
        if rng.random() < min(0.07, 8 / len(users)):
            yield {"at": now - rng.uniform(30, 400), "user": user, "event": "help", "on": True}
        if rng.random() < 0.1:
            yield {"at": at, "user": user, "event": "name", "on": True}


def tried(
    course: Course, rng: random.Random, user: str, key: tuple[str, str], verdict: str, at: float
) -> dict[str, Any]:
    """A try as the journal keeps it."""
    names = list(course.checks.get(key, {}))
    checks = dict.fromkeys(names, verdict if verdict != "partial" else "passed")
    if verdict == "partial" and names:
        checks[rng.choice(names)] = "failed"
    return {"at": at, "user": user, "event": "try", "lesson": key[0], "task": key[1],
            "verdict": verdict, "checks": checks, "end": int(at)}  # fmt: skip
