"""`why.md`: what the parser takes, and each fault that it names with its line."""

from pathlib import Path

import pytest

from autograder.build.why import load_why
from hpclab.errors import FileError

WHY = """\

## f

Each number is loaded once.

```python
## not a heading
```

## `g`

**12** bytes, not 24.
"""


def load(folder: Path, text: str) -> dict[str, str]:
    (folder / "why.md").write_text(text)
    return load_why(folder / "why.md")


def test_a_section_for_each_task_in_their_order(tmp_path: Path) -> None:
    why = load(tmp_path, WHY)
    assert list(why) == ["f", "g"]
    assert why["f"] == "Each number is loaded once.\n\n```python\n## not a heading\n```"
    assert why["g"] == "**12** bytes, not 24."


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("## `g`", "## f", r"why\.md:10: task 'f' stands twice"),
        ("\n## f", "Text.\n## f", r"why\.md:1: expected '## task' above all text \(given: 'Text"),
        ("\n## f", "# Why\n## f", r"why\.md:1: expected no heading but '## task' \(given: '# Why"),
        ("**12**", "### More\n\n12", r"why\.md:12: expected no heading but '## task'"),
        ("**12** bytes, not 24.", " ", r"why\.md:10: task 'g': expected text below its heading"),
        ("## `g`", "## h\n\n## `g`", r"why\.md:10: task 'h': expected text below its heading"),
    ],
)
def test_a_fault_has_its_line(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in WHY
    with pytest.raises(FileError, match=place):
        load(tmp_path, WHY.replace(old, new, 1))
