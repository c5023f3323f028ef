"""Hidden tests of assignments for stock nbgrader are kept out of feedback.

There they stand in a grade cell between two lines, `### BEGIN HIDDEN TESTS` and the matching END,
which `generate_assignment` takes out and `autograde` puts back. What a learner's code prints can
still be derived from what it was asked, which no text search finds.
"""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from nbconvert.filters import strip_ansi
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import List, Unicode

SHORTEST = 6  # characters of a hidden line that tells anything
_WORDS = "A hidden test failed."
_BLANK = "(a line of a hidden test)"


class HideTests(ClearHiddenTests):
    """Takes hidden tests out of cells, and out of what any cell put out.

    The two lines are those of ClearHiddenTests' settings.
    """

    display_data_priority = List(Unicode()).tag(config=True)  # which the exporter sets

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Change the notebook in place."""
        before = [str(cell.source) for cell in nb.cells]
        for cell in nb.cells:
            if is_locked(cell) or (is_grade(cell) and not is_solution(cell)):
                try:
                    self._remove_hidden_test_region(cell)
                except RuntimeError:  # regions that do not match: nothing of the cell is shown
                    cell.source = ""
        told = {_plain(line) for cell in nb.cells for line in cell.source.splitlines()}
        hidden = {
            line
            for text, cell in zip(before, nb.cells, strict=True)
            if text != cell.source
            for line in map(_plain, text.splitlines())
            if len(line) >= SHORTEST and line not in told
        }
        if hidden:
            for text, cell in zip(before, nb.cells, strict=True):
                if cell.cell_type == "code":
                    cell.outputs = [
                        shown
                        for output in cell.outputs
                        if (shown := _without(output, hidden, tests=text != cell.source))
                    ]
        return nb, resources


def _without(output: Any, hidden: set[str], *, tests: bool) -> Any:
    """An output without hidden lines; `tests`: of a cell that has some. None: nothing is left."""
    if output.output_type == "stream":
        output.text = _blanked(output.text, hidden)
        return output
    if output.output_type == "error":
        if _tells(output.evalue, hidden) or (tests and _quotes(output.evalue, hidden)):
            output.evalue = _WORDS
        said = f"{output.ename}: {output.evalue}" if tests else "\n".join(output.traceback)
        output.traceback = _blanked(said, hidden).split("\n")
        return output
    for form, data in list(output.data.items()):
        if form == "text/plain":
            output.data[form] = _blanked(data, hidden)
        elif not form.startswith("image/") and _tells(_text_of(str(data)), hidden):
            del output.data[form]
    return output if output.data else None


def _blanked(text: str, hidden: set[str]) -> str:
    lines = text.split("\n")
    return "\n".join(_BLANK if _tells(line, hidden) else line for line in lines)


def _tells(text: str, hidden: Iterable[str]) -> bool:
    """Whether a text repeats a hidden line."""
    plain = _plain(text)
    return any(line in plain for line in hidden)


def _quotes(text: str, hidden: Iterable[str]) -> bool:
    """Whether a line of a text stands in a hidden one, as an assertion's message does."""
    lines = filter(None, map(_plain, text.splitlines()))
    return any(line in one for line in lines for one in hidden)


def _plain(text: str) -> str:
    """Without colours and without the spaces by which a copy may differ."""
    return " ".join(strip_ansi(text).split())


def _text_of(data: str) -> str:
    """Markup as it stands, and as it reads."""
    return data + "\n" + unescape(re.sub(r"<[^>]*>", "", data))
