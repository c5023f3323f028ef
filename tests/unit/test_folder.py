"""What counts as a learner's work: the text of cells, and not what JupyterLab writes on opening."""

import json
from pathlib import Path
from typing import Any

import pytest

from hpclab.learner.folder import prepare


def notebook(source: str, points: float = 1.0) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": None}
    cell["metadata"] = {"nbgrader": {"points": points}}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Mine, the release's notebook, the demos; delivered once."""
    release = tmp_path / "release/double/double.ipynb"
    write(release, notebook("one"))
    prepare(tmp_path / "mine", tmp_path / "release", tmp_path / "demos")
    return tmp_path / "mine", release, tmp_path / "demos"


def again(places: tuple[Path, Path, Path]) -> tuple[list[str], dict[str, Any]]:
    folder, release, demos = places
    notes = prepare(folder, release.parents[1], demos)
    return notes, json.loads((folder / "double/double.ipynb").read_text())


def test_a_notebook_that_was_only_opened_and_run_follows_the_course(
    places: tuple[Path, Path, Path],
) -> None:
    opened = notebook("one")
    opened["metadata"] = {"kernelspec": {"name": "python3"}, "language_info": {"version": "3.11"}}
    opened["cells"][0]["metadata"]["trusted"] = True
    opened["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    write(places[0] / "double/double.ipynb", opened)
    write(places[1], notebook("two"))
    notes, mine = again(places)
    assert (notes, mine) == ([], notebook("two"))


def test_one_letter_of_theirs_stays(places: tuple[Path, Path, Path]) -> None:
    write(places[0] / "double/double.ipynb", notebook("one."))
    write(places[1], notebook("two"))
    notes, mine = again(places)
    assert mine == notebook("one.")
    assert "holds your work and stays" in notes[0]
    assert json.loads((places[0] / "double/double.new.ipynb").read_text()) == notebook("two")


def test_new_points_are_a_new_release(places: tuple[Path, Path, Path]) -> None:
    write(places[1], notebook("one", points=2.0))
    assert again(places) == ([], notebook("one", points=2.0))
