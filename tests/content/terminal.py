"""A learner with an editor and a terminal, for the tests of `hpclab` without JupyterLab."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import nbformat

from autograder.build.outline import outline
from hpclab.course import Course
from hpclab.learner.progress import Progress

COMMAND = str(Path(sys.executable).with_name("hpclab"))
STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
RIGHT, WRONG = "    out[:] = 2.0 * x", "    out[:] = x"
PATIENCE = 120.0  # seconds; no test waits for them, unless it fails


class Learner:
    """A course that is built, and somebody's folder, which may not be there yet."""

    def __init__(self, course: Path, folder: Path) -> None:
        self.course, self.folder = course, folder
        self.notebook = folder / "double/double.ipynb"
        self.script = folder / "double/double.py"

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """`hpclab words --dir folder`, in the course."""
        return subprocess.run(
            [COMMAND, *words, "--dir", str(self.folder)], cwd=self.course, input=typed,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip

    def edit(self, old: str, new: str) -> None:
        """Save the script with something else in it, as an editor does that renames."""
        text = self.script.read_text()
        assert old in text, text
        beside = self.script.with_name("4913~")
        beside.write_text(text.replace(old, new))
        beside.replace(self.script)

    def source(self) -> str:
        """The task's cell in the notebook."""
        cells = nbformat.read(self.notebook, as_version=4).cells
        return next(cell.source for cell in cells if cell.id == "double")

    def events(self, kind: str) -> list[dict[str, object]]:
        return [event for event in Progress(self.folder).events() if event["event"] == kind]

    def with_book(self) -> "Learner":
        """Lay the outline of the book, without its pages."""
        book = self.course / "_build/book/html"
        book.mkdir(parents=True)
        made = outline(Course.load(self.course), {"double": "How fast is twice?"}, {}, {})
        (book / "course.json").write_text(made.model_dump_json())
        return self


class Watching:
    """A running `hpclab watch`, and what it says."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process, self.said = process, list[str]()
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> str:
        """Read until a line holds `words`; that line."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                line = self._lines.get(timeout=0.1)
            except Empty:
                if self.process.poll() is not None:
                    break
                continue
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"no {words!r} in:\n{''.join(self.said)}")


@contextmanager
def watching(learner: Learner, *words: str) -> Iterator[Watching]:
    """`hpclab watch double`, ended in any case."""
    command = [COMMAND, "watch", "double", *words, "--dir", str(learner.folder)]
    with subprocess.Popen(
        command, cwd=learner.course, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()
