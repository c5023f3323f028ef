"""The code cells of a notebook: read from its file, and run as IPython would."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpclab.errors import HpclabError


def read_cells(path: Path) -> list[str]:
    """The code cells of a learner's notebook, without the cells that only check."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return ["".join(cell["source"]) for cell in cells if not _locked(cell)]
    except FileNotFoundError:
        raise HpclabError(f"There is no {path}. `hpclab learn` puts the exercises there.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise HpclabError(
            f"{path} is not a notebook that can be read ({type(error).__name__}: {error}). "
            "Nothing was changed; there may be an older copy in .ipynb_checkpoints beside it."
        ) from None


def run_cells(cells: Sequence[str]) -> dict[str, Any]:
    """Run code cells in this process; a cell that raises costs only what it defines."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False  # type: ignore[union-attr]
    for cell in cells:
        shell.run_cell(cell, store_history=False)
    return shell.user_ns


def _locked(cell: dict[str, Any]) -> bool:
    mark = cell.get("metadata", {}).get("nbgrader", {})
    return bool(mark.get("grade") and mark.get("locked"))
