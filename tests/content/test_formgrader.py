"""nbgrader's Formgrader and Validate button, in a Jupyter server in the course's folder."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.build.assignments import load_config
from autograder.build.exercise import Exercise

Get = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def course(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which each attempt was handed in and graded, in this process."""
    root = shutil.copytree(built_once, tmp_path_factory.mktemp("formgrader") / "mini")
    course = root / "_build/course"
    grader = NbGraderAPI(config=load_config(course))
    for attempt in Exercise.load(root, "double").attempts():
        notebook = nbformat.read(course / "release/double/double.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = attempt.cells.get(cell.id, cell.source)
        folder = course / "submitted" / attempt.path.stem / "double"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "double.ipynb")
        answer = grader.autograde("double", attempt.path.stem)
        assert answer["success"], answer
    return course


@pytest.fixture(scope="module")
def get(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    """Ask the server for a page, or post JSON to it; the text and the path it came from."""
    runtime = tmp_path_factory.mktemp("runtime")
    env = {**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime)}
    env.pop("PYTEST_CURRENT_TEST", None)  # ipykernel behaves differently where it sees it
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.allow_root=True", "--ServerApp.port=0", "--IdentityProvider.token=secret",
    ]  # fmt: skip
    with (runtime / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=course, env=env, stdout=log, stderr=log)
    try:
        url = address(process, runtime)

        def ask(path: str, body: Any = None, token: str = "secret") -> tuple[str, str]:
            data = None if body is None else json.dumps(body).encode()
            request = Request(url + path, data, {"Authorization": f"token {token}"})
            with urlopen(request, timeout=120) as answer:
                return answer.read().decode(), answer.url.removeprefix(url)

        yield ask
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(process: subprocess.Popen[bytes], runtime: Path) -> str:
    """The server writes it down once it listens."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        for file in runtime.glob("jpserver-*.json"):
            if text := file.read_text():
                return json.loads(text)["url"]
        time.sleep(0.1)
    raise AssertionError((runtime / "log").read_text())


def test_formgrader_lists_the_assignment(get: Get) -> None:
    page, _ = get("formgrader")
    assert "<title>nbgrader formgrade</title>" in page
    assert "Manage Assignments" in page
    (assignment,) = json.loads(get("formgrader/api/assignments")[0])
    assert (assignment["name"], assignment["max_code_score"]) == ("double", 3.0)
    assert assignment["num_submissions"] == 2


def test_formgrader_shows_scores_and_submissions(get: Get, course: Path) -> None:
    rows = json.loads(get("formgrader/api/submissions/double")[0])
    assert {row["student"]: row["score"] for row in rows} == {"copies": 0.0, "in_place": 2.0}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        work = gradebook.find_submission_notebook("double", "double", "in_place").id
    page, _ = get(f"formgrader/submissions/{work}")
    assert 'class="hpclab-report"' in page
    assert "Whoever calls <code>double</code> still needs <code>x</code>." in page


def test_the_validate_button_of_jupyterlab(get: Get) -> None:
    answer, _ = get("assignments/validate", {"path": "source/double/double.ipynb"})
    assert json.loads(answer) == {"success": True, "value": {}}
    answer, _ = get("assignments/validate", {"path": "release/double/double.ipynb"})
    (failed,) = json.loads(answer)["value"]["failed"]
    assert "double: unattempted, 0 of 2 points" in failed["error"]


def test_formgrader_is_for_those_with_the_token(get: Get) -> None:
    page, path = get("formgrader", token="a guess")
    assert path.startswith("login")
    assert "Manage Assignments" not in page
