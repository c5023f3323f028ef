"""A notebook and the script beside it, in any order of edits: nothing that was saved is lost."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import jupytext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpclab.cells import mark, read_notebook
from hpclab.errors import HpclabError
from hpclab.learner import pair as pair_module
from hpclab.learner.exercise import reset
from hpclab.learner.pair import Pair, Synced, sync_all
from tests.unit.exercises import code, lay, notebook


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    made = Pair(lay(tmp_path / "mine"), "ex")
    made.start()
    return made


def write_script(pair: Pair, old: str, new: str, when: float | None = None) -> None:
    text = pair.script.read_text()
    assert old in text
    pair.script.write_text(text.replace(old, new, 1))
    if when:
        os.utime(pair.script, (when, when))


def write_notebook(pair: Pair, task: str, source: str, when: float | None = None) -> None:
    made = read_notebook(pair.notebook)
    (cell,) = [cell for cell in made["cells"] if mark(cell).get("grade_id") == task]
    cell["source"] = source
    pair.notebook.write_text(json.dumps(made))
    if when:
        os.utime(pair.notebook, (when, when))


def answer(pair: Pair, task: str) -> str:
    cells = read_notebook(pair.notebook)["cells"]
    return next(cell["source"] for cell in cells if mark(cell).get("grade_id") == task)


def everything(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())


STUB = "def f(x):\n    raise NotImplementedError()"


def test_without_a_script_nothing_happens(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine")
    before = (folder / "ex/ex.ipynb").read_bytes()
    assert Pair(folder, "ex").sync() == Synced()
    assert (folder / "ex/ex.ipynb").read_bytes() == before
    assert sorted(path.name for path in folder.rglob("*")) == [".hpclab", "ex", "ex.ipynb"]


def test_what_is_newer_goes_into_the_other(pair: Pair) -> None:
    assert pair.sync() == Synced()
    write_script(pair, STUB, "def f(x):\n    return 1")
    assert list(pair.sync().wrote) == [pair.notebook]
    assert answer(pair, "f") == "def f(x):\n    return 1"
    assert pair.sync() == Synced()
    write_notebook(pair, "g", "def g(x):\n    return 2")
    assert list(pair.sync().wrote) == [pair.script]
    assert "return 1" in pair.script.read_text()
    assert "return 2" in pair.script.read_text()


def test_the_stamp_of_what_was_written_is_the_files(pair: Pair) -> None:
    write_script(pair, STUB, "def f(x):\n    return 1")
    pair.notebook.chmod(0o600)
    assert pair.sync().wrote == {pair.notebook: pair_module.stamp(pair.notebook)}
    assert pair.notebook.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("newer", ["script", "notebook"])
def test_both_were_changed(pair: Pair, newer: str) -> None:
    write_script(pair, STUB, "def f(x):\n    return 'script'", 2e9 + (newer == "script"))
    write_notebook(pair, "f", "def f(x):\n    return 'notebook'", 2e9 + (newer == "notebook"))
    (note,) = pair.sync().notes
    older, kept = ("notebook", "ex.old.ipynb") if newer == "script" else ("script", "ex.old.py")
    assert note.startswith("Both ex.py and ex.ipynb were changed.")
    assert kept in note
    assert newer in answer(pair, "f")
    assert newer in pair.script.read_text()
    assert older in (pair.script.parent / kept).read_text()


def test_both_were_changed_alike(pair: Pair) -> None:
    write_script(pair, STUB, "def f(x):\n    return 1")
    write_notebook(pair, "f", "def f(x):\n    return 1")
    assert pair.sync() == Synced()


def test_a_notebook_that_only_ran_is_no_change(pair: Pair) -> None:
    write_script(pair, STUB, "def f(x):\n    return 1", 2e9)
    made = read_notebook(pair.notebook)
    made["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "ran"}]
    pair.notebook.write_text(json.dumps(made))
    os.utime(pair.notebook, (3e9, 3e9))
    assert list(pair.sync().wrote) == [pair.notebook]
    assert answer(pair, "f").endswith("return 1")
    assert "ran" in pair.notebook.read_text()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"", 'has no cell `# %% task="f"`'),
        (b"\0" * 50, 'has no cell `# %% task="f"`'),
    ],
)
def test_a_script_that_cannot_be_read_costs_nothing(pair: Pair, data: bytes, sentence: str) -> None:
    before = pair.notebook.read_bytes()
    pair.script.write_bytes(data)
    with pytest.raises(HpclabError, match=sentence):
        pair.sync()
    assert (pair.notebook.read_bytes(), pair.script.read_bytes()) == (before, data)
    (note,) = sync_all(pair.notebook.parents[1])
    assert sentence in note


def test_a_broken_notebook_costs_nothing(pair: Pair) -> None:
    write_script(pair, STUB, "def f(x):\n    return 1")
    before = pair.script.read_bytes()
    pair.notebook.write_text('{"cells": [')
    with pytest.raises(HpclabError, match="is not a notebook that can be read"):
        pair.sync()
    assert (pair.script.read_bytes(), pair.notebook.read_text()) == (before, '{"cells": [')


def test_windows_line_ends_and_a_byte_order_mark(pair: Pair) -> None:
    text = pair.script.read_text().replace(STUB, "def f(x):\n    return 1")
    pair.script.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    pair.sync()
    assert answer(pair, "f") == "def f(x):\n    return 1"


def test_a_save_while_we_look_is_seen(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor saves once more after the script was read, before the notebook is written."""
    write_script(pair, STUB, "def f(x):\n    return 1")
    whole, saves = pair_module.merge, iter(["def f(x):\n    return 22"])

    def slow(*args: Any) -> Any:
        if new := next(saves, None):
            write_script(pair, "def f(x):\n    return 1", new)
        return whole(*args)

    monkeypatch.setattr(pair_module, "merge", slow)
    pair.sync()
    assert answer(pair, "f") == "def f(x):\n    return 22"


def test_a_full_disk_leaves_both_as_they_were(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    write_script(pair, STUB, "def f(x):\n    return 1")
    before = pair.notebook.read_bytes()

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            pair.sync()
    assert pair.notebook.read_bytes() == before
    pair.sync()
    assert answer(pair, "f").endswith("return 1")


def test_the_contents_manager_of_jupytext_does_no_harm(pair: Pair) -> None:
    """It opens the script as a notebook and saves it; and saves the notebook."""
    manager = jupytext.TextFileContentsManager()
    manager.root_dir = str(pair.notebook.parents[1])
    for name in ("ex/ex.py", "ex/ex.ipynb"):
        model = manager.get(name, type="notebook", content=True)
        manager.save({"type": "notebook", "content": model["content"]}, name)
    before = read_notebook(pair.notebook)
    assert pair.sync().notes == []
    assert [cell["source"] for cell in read_notebook(pair.notebook)["cells"]] == [
        cell["source"] for cell in before["cells"]
    ]
    assert [mark(cell) for cell in before["cells"]] == [mark(c) for c in notebook()["cells"]]


class Editors:
    """Somebody with the script in one editor and the notebook in another, each with a buffer."""

    def __init__(self, pair: Pair) -> None:
        self.pair, self.tokens = pair, list[str]()
        self.text = self.cells = ""
        self.load("script")
        self.load("notebook")

    def load(self, side: str) -> None:
        if side == "script":
            self.text = self.pair.script.read_text()
        else:
            self.cells = self.pair.notebook.read_text()

    def save(self, side: str, where: int, when: int) -> None:
        token = f"token{len(self.tokens)}."
        self.tokens.append(token)
        path = self.pair.script if side == "script" else self.pair.notebook
        if side == "script":
            lines = self.text.split("\n")
            codes = [i for i, line in enumerate(lines) if line and not line.startswith("#")]
            lines.insert(codes[where % len(codes)], f"# {token}")
            self.text = "\n".join(lines)
        else:
            made = json.loads(self.cells)
            mine = [cell for cell in made["cells"] if not mark(cell).get("locked")]
            cell = mine[where % len(mine)]
            cell["source"] = "".join(cell["source"]) + f"\n# {token}"
            made["cells"] += [code(f"# {token}") | {"id": token.strip(".")}] if where % 3 else []
            self.cells = json.dumps(made)
        path.write_text(self.text if side == "script" else self.cells)
        os.utime(path, (2e9 + when, 2e9 + when))


def test_killed_before_we_could_remember(pair: Pair) -> None:
    """The script holds what came from the notebook, but an editor does not know that yet."""
    editors = Editors(pair)
    editors.save("script", 0, 1)
    pair.sync()
    editors.load("notebook")
    editors.save("notebook", 0, 2)
    killed_in(pair)
    pair.sync()
    editors.save("script", 0, 3)
    pair.sync()
    assert [
        token for token in editors.tokens if token not in everything(pair.script.parents[1])
    ] == []


SIDES = st.sampled_from(["script", "notebook"])
STEPS = st.one_of(
    st.tuples(st.just("save"), SIDES, st.integers(0, 20), st.integers(0, 9)),
    st.tuples(st.just("load"), SIDES),
    st.just(("sync",)),
    st.just(("killed",)),
    st.just(("reset",)),
)


class Killed(BaseException):
    pass


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_no_order_of_edits_loses_anything(steps: list[Any]) -> None:
    """Buffers may be old, clocks may be wrong, and we may be killed between our two writes."""
    with tempfile.TemporaryDirectory() as place:
        folder, release = lay(Path(place, "mine")), lay(Path(place, "release"))
        pair = Pair(folder, "ex")
        pair.start()
        editors = Editors(pair)
        for step in [*steps, ("sync",)]:
            if step[0] == "killed":
                killed_in(pair)
            elif step[0] == "sync":
                pair.sync()
            elif step[0] == "reset":
                reset(folder, "ex", None, release)
            else:
                getattr(editors, step[0])(*step[1:])
            kept = everything(folder)
            assert [token for token in editors.tokens if token not in kept] == []
        made = read_notebook(pair.notebook)
        assert [mark(c) for c in made["cells"] if mark(c)] == [
            mark(c) for c in notebook()["cells"] if mark(c)
        ]
        assert pair.sync() == Synced(), "and then there is nothing left to do"


def killed_in(pair: Pair) -> None:
    with pytest.MonkeyPatch.context() as patched:

        def kill(*_: object) -> None:
            raise Killed

        patched.setattr(Pair, "_remember", kill)
        with suppress(Killed):
            pair.sync()
