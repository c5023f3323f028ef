"""Runs jupyter-book's Sphinx, and says what it warns of in the author's terms."""

import contextlib
import io
import multiprocessing
import os
import re
import shutil
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PROBLEM = re.compile(
    r"(?:(?P<file>.+?)(?::(?P<line>\d+))?: )?(?:WARNING|ERROR|CRITICAL): (?P<text>.*)"
)
CELL = re.compile(r"following cell:\n-+\n(?P<source>.*?)\n-+\n", re.DOTALL)

WITHOUT_CELL = {
    "CellTimeoutError": "a cell of the demo takes longer than the timeout in book/_config.yml",
    "DeadKernelError": "the demo's kernel died when the book was built",
}


class Problem(NamedTuple):
    """One warning or error of Sphinx: the staged file (if it names one), the line, the text."""

    file: str
    line: int
    text: str


def run_sphinx(
    work: Path, config: Path, toc: Path, pages: dict[str, Path], root: Path
) -> list[str]:
    """Build `work`/source to `work`/sphinx; what is wrong, one sentence each, or nothing.

    Sphinx keeps state in its process, so that a second build there may stumble over the first:
    each build has a process of its own.
    """
    spawn = multiprocessing.get_context("spawn")
    with _plain_kernels(work / "ipython"), ProcessPoolExecutor(1, mp_context=spawn) as process:
        problems = process.submit(_build, work, config, toc, list(pages)).result()
    _read_again(problems, work)
    told = [sentence(p, work / "source", pages, root) for p in problems if not _repeats(p)]
    return list(dict.fromkeys(told))  # Sphinx says some things once a page


def _build(work: Path, config: Path, toc: Path, pages: list[str]) -> list[Problem]:
    """Run jupyter-book's Sphinx in this process; what it had to say."""
    from jupyter_book.sphinx import build_sphinx  # takes seconds to import

    source, said = work / "source", io.StringIO()
    overrides = {"external_toc_path": str(toc), "nitpicky": True, "latex_individualpages": False}
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = build_sphinx(
            source,
            work / "sphinx",
            doctreedir=work / "doctrees",
            path_config=config,
            noconfig=True,
            confoverrides=overrides,
            warningiserror=True,
            keep_going=True,
            quiet=True,
        )
    if isinstance(status, OSError | KeyboardInterrupt):
        raise status
    if isinstance(status, Exception):
        return [Problem(_page_of(status, source, pages), 0, repr(status))]
    problems = list(parse(ANSI.sub("", said.getvalue())))
    if status and not problems:
        return [Problem("", 0, f"jupyter-book ended with status {status}")]
    return problems


@contextlib.contextmanager
def _plain_kernels(folder: Path) -> Iterator[None]:
    """Demos run with IPython as it comes: no start-up files, no warnings of its own."""
    before = os.environ.get("IPYTHONDIR")
    profile = folder / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 'CRITICAL'\n")
    os.environ["IPYTHONDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["IPYTHONDIR"]
        else:
            os.environ["IPYTHONDIR"] = before


def parse(said: str) -> Iterator[Problem]:
    """The problems in what Sphinx wrote; lines that begin none belong to the one before."""
    file, number, text = "", 0, list[str]()
    for line in [*said.splitlines(), "WARNING: "]:
        begins = PROBLEM.fullmatch(line)
        if not begins:
            text.append(line)
            continue
        if "".join(text).strip():
            yield Problem(file, number, "\n".join(text).strip())
        file, number, text = begins["file"] or "", int(begins["line"] or 0), [begins["text"]]


def _page_of(error: Exception, source: Path, pages: list[str]) -> str:
    """The staged page that Sphinx was at when `error` stopped it, or nothing."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for name in pages:
            if str(frame.f_locals.get("docname")) == name.rpartition(".")[0]:
                return str(source / name)
    return ""


def _read_again(problems: list[Problem], work: Path) -> None:
    """Make the next build read the pages that have problems: Sphinx tells of each only once."""
    for problem in problems:
        if Path(problem.file).is_file() and work in Path(problem.file).parents:
            os.utime(problem.file)
        else:
            shutil.rmtree(work / "doctrees", ignore_errors=True)


def _repeats(problem: Problem) -> bool:
    """Whether myst-nb only says where it put the traceback of a failure that it told before."""
    return "Notebook exception traceback saved in" in problem.text


def sentence(problem: Problem, source: Path, pages: dict[str, Path], root: Path) -> str:
    """`book/lessons/x.md:12: what is wrong`, with the author's file and line."""
    file, line, text = problem
    author = (
        pages.get(Path(file).relative_to(source).as_posix())
        if file.startswith(str(source))
        else None
    )
    if author is None:
        return f"{file}: {text}" if file else text
    if "Executing notebook failed" in text or "DeadKernelError" in text:
        line, text = _failed_cell(text, author)
    where = author.relative_to(root).as_posix()
    return f"{where}:{line}: {text}" if line else f"{where}: {text}"


def _failed_cell(text: str, author: Path) -> tuple[int, str]:
    """Where the cell of a demo stands that failed, and with what."""
    for kind, why in WITHOUT_CELL.items():
        if kind in text:
            return 0, why
    found = CELL.search(text)
    line = 0
    if found:
        before, cell, _ = author.read_text("utf-8").partition(found["source"])
        line = before.count("\n") + 1 if cell else 0
    said = [part.strip() for part in text.splitlines() if part.strip() and "mystnb" not in part]
    return line, f"this cell of the demo failed when the book was built: {said[-1]}"
