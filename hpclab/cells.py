"""The code cells of a notebook: read from its file, and run as IPython would."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpclab.errors import HpclabError


def read_notebook(path: Path, data: bytes | None = None) -> dict[str, Any]:
    """A notebook as it stands in its file, or in `data`; the sources of its cells are strings.

    One that cannot be read is an HpclabError.
    """
    try:
        notebook = json.loads((path.read_bytes() if data is None else data).decode("utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            _ = cell["cell_type"], mark(cell).get("locked")
        return notebook
    except FileNotFoundError:
        raise HpclabError(f"There is no {path}. `hpclab learn` puts the exercises there.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HpclabError(
            f"{path} is not a notebook that can be read ({type(error).__name__}: {error}). "
            "Nothing was changed; there may be an older copy in .ipynb_checkpoints beside it."
        ) from None


def read_cells(path: Path) -> list[str]:
    """The code cells of a learner's notebook, without the cells that only check."""
    cells = [cell for cell in read_notebook(path)["cells"] if cell["cell_type"] == "code"]
    return [cell["source"] for cell in cells if not _only_checks(cell)]


def run_cells(cells: Sequence[str]) -> dict[str, Any]:
    """Run code cells in this process; a cell that raises costs only what it defines."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False  # type: ignore[union-attr]
    for cell in cells:
        shell.run_cell(cell, store_history=False)
    return shell.user_ns


def mark(cell: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader says of a cell."""
    return cell.get("metadata", {}).get("nbgrader", {})


def _only_checks(cell: dict[str, Any]) -> bool:
    return bool(mark(cell).get("grade") and mark(cell).get("locked"))
