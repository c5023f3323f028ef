"""A day in the room, over HTTP: log in, read, fetch, solve, submit; grade, and feedback."""

import csv
import json
from typing import Any

import pytest

from tests.hub.client import Client
from tests.hub.room import Room, events, with_sources

DOUBLE = "double/double.ipynb"
WRONG = "def double(x, out):\n    out[:] = x\n"


def solution(room: Room) -> str:
    source = json.loads((room.dir / "course" / "source" / DOUBLE).read_text())
    return next("".join(cell["source"]) for cell in source["cells"] if cell["id"] == "double")


def solve(client: Client, code: str) -> None:
    """Write the task's cell, save, and run the notebook's cells in a kernel, as Run All does."""
    notebook: dict[str, Any] = client.read(DOUBLE)
    notebook["cells"] = list(with_sources(notebook, {"double": code}))
    client.write_notebook(DOUBLE, notebook)
    kernel = client.kernel("double")
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            ran = client.run(kernel, "".join(cell["source"]))
            assert not ran.error, ran
    client.send("DELETE", f"/api/kernels/{kernel}").raise_for_status()


def assignment(client: Client, verb: str) -> dict[str, Any]:
    """What nbgrader's assignment list in JupyterLab does."""
    answer = client.send("POST", f"/assignments/{verb}?course_id=mini&assignment_id=double")
    answer.raise_for_status()
    said: dict[str, Any] = answer.json()
    return said


def test_a_day(room: Room) -> None:
    ada, bob, tina = (room.client(name) for name in ("s03", "s04", "tina"))
    front = ada.enter()
    assert front.url.path == f"/user/{ada.user}/course/"
    assert "<title>" in front.text
    assert "Mini" in front.text
    assert "default-src 'self'" in front.headers["Content-Security-Policy"]  # on a Hub too
    assert "frame-ancestors 'none'" in front.headers["Content-Security-Policy"]
    # Fetch: what Ada has put away comes back from the exchange.
    ada.send("PATCH", "/api/contents/double", {"path": "old"}).raise_for_status()
    assert assignment(ada, "fetch")["success"]
    solve(ada, solution(room))
    assert [e["verdict"] for e in events(room, "s03") if e["event"] == "try"] == ["passed"]
    assert assignment(ada, "submit")["success"]

    bob.enter()
    solve(bob, WRONG)
    assert [e["verdict"] for e in events(room, "s04") if e["event"] == "try"] == ["failed"]
    kernel = bob.kernel("")
    code, said = bob.shell(kernel, "hpclab submit double")
    assert code == 0, said

    tina.enter()
    kernel_t = tina.kernel("")
    steps = "nbgrader collect double && autograder grade --json double && " \
        "nbgrader generate_feedback double && nbgrader release_feedback double"  # fmt: skip
    code, said = tina.shell(kernel_t, f"cd {room.dir}/course && {steps}")
    assert code == 0, said
    code, said = tina.shell(kernel_t, f"cd {room.dir}/course && autograder export --to g.csv")
    assert code == 0, said
    said = (room.dir / "course" / "g.csv").read_text()
    rows = list(csv.DictReader(said.splitlines()))
    share = {row["student_id"]: float(row["score"]) / float(row["max_score"]) for row in rows}
    assert share[ada.user] == 1
    assert share[bob.user] < 1

    assert assignment(ada, "fetch_feedback")["success"]
    code, said = bob.shell(kernel, "hpclab feedback double")
    assert code == 0, said
    assert " of " in said
    mine = {name: list((room.home(name) / "hpclab" / "double").rglob("double.html"))
            for name in ("s03", "s04")}  # fmt: skip
    assert {name: len(pages) for name, pages in mine.items()} == {"s03": 1, "s04": 1}
    assert mine["s03"][0].read_text() != mine["s04"][0].read_text()


def test_a_wrong_password_opens_nothing(room: Room) -> None:
    client = room.client("ada")
    client.password = "not-this-one"
    assert client.log_in().status_code == 403
    assert client.get("/course/").url.path == "/hub/login"
    client.user = "root"
    assert client.log_in().status_code == 403


@pytest.mark.parametrize("name", ["ada", "tina"])
def test_the_book_is_the_front_page(room: Room, name: str) -> None:
    client = room.client(name)
    assert client.enter().url.path == f"/user/{client.user}/course/"
    state = client.get("/course/api/state").json()
    assert state["kept"] is True
