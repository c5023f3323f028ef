"""`why.md`: why the solution of each task is fast, right or cheap; read when the task is done."""

import re
from pathlib import Path

from hpclab.errors import FileError

WHY_FILE = "why.md"


def load_why(path: Path) -> dict[str, str]:
    """The prose of each task, in Markdown, without its heading.

    A task that stands twice or has no text, text above the first task, and any heading that is no
    `## task` are a FileError with its line.
    """
    found: dict[str, str] = {}
    headings: dict[str, int] = {}
    task = ""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and line.startswith("## "):
            task = line[3:].strip().strip("`")
            if task in found:
                raise FileError(path, number, f"task '{task}' stands twice")
            found[task], headings[task] = "", number
        elif not fenced and re.match("#+ ", line):
            raise FileError(path, number, f"expected no heading but '## task' (given: {line!r})")
        elif task:
            found[task] += line + "\n"
        elif line.strip():
            raise FileError(path, number, f"expected '## task' above all text (given: {line!r})")
    for task, text in found.items():
        if not text.strip():
            raise FileError(path, headings[task], f"task '{task}': expected text below its heading")
    return {task: text.strip() for task, text in found.items()}
