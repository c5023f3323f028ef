"""Check a whole notebook outside JupyterLab, in a process of its own.

The child that runs the learner's cells answers in JSON over a pipe, never with a pickle.
"""

import contextlib
import io
import json
import multiprocessing
import os
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hpclab.checks.report import Report
from hpclab.errors import HpclabError
from hpclab.verdicts import Result

_PRELOAD = ["numpy", "numba", "dask.array", "IPython.core.interactiveshell", "hpclab.checks.run"]

_LEAVE = 5.0  # seconds for a child to end by itself and give back its semaphores


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


def check_cells(
    cells: Sequence[str],
    folder: Path,
    check_files: Sequence[Path],
    tasks: Sequence[str],
    *,
    seed: int = 0,
    timeout: float = 300.0,
) -> list[Report]:
    """Run `cells` in a fresh process in `folder`, then the checks in `check_files` of each task.

    A process that dies or takes more than `timeout` seconds is an HpclabError.
    """
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(
        target=_child,
        args=(sender, [*cells], folder, [f.resolve() for f in check_files], [*tasks], seed),
    )
    child.start()
    sender.close()
    answer: bytes | None = None
    try:
        answer = receiver.recv_bytes() if receiver.poll(timeout) else None
        child.join(_LEAVE if answer else 0)
    except EOFError:
        answer = b""
        child.join(_LEAVE)
    finally:
        child.kill()
        child.join()
    if answer is None:
        raise HpclabError(f"The notebook was stopped after {timeout:g} seconds.")
    if not answer:
        raise HpclabError(f"The process that ran the notebook died: {_cause(child.exitcode)}.")
    reply = json.loads(answer)
    if "error" in reply:
        raise HpclabError(reply["error"])
    return [
        Report(task, [Result.from_json(record) for record in records])
        for task, records in reply["tasks"].items()
    ]


def _context() -> Any:
    """A fork server that has imported the world once, where there is one (not on Windows)."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context


def _child(
    sender: Connection,
    cells: list[str],
    folder: Path,
    check_files: list[Path],
    tasks: list[str],
    seed: int,
) -> None:
    """Run in the child: the cells, then the checks; answer with JSON."""
    from hpclab.checks.language import load_checks
    from hpclab.checks.local import LocalWork
    from hpclab.checks.run import report_on

    os.chdir(folder)
    # Read when OpenMP starts. Threads that spin while they wait slow every other child down.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        # Notebooks may print anything; nothing of it belongs into the report.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            known = [check for path in check_files for check in load_checks(path)]
            work = LocalWork(_run_cells(cells), seed)
            reports = {
                task: report_on([c for c in known if c.task == task], known, work, task).results
                for task in tasks
            }
        reply: dict[str, Any] = {
            "tasks": {task: [r.to_json() for r in results] for task, results in reports.items()}
        }
    except HpclabError as error:
        reply = {"error": str(error)}
    sender.send_bytes(json.dumps(reply).encode())
    sender.close()


def _run_cells(cells: list[str]) -> dict[str, Any]:
    """Run code cells as IPython would; a cell that raises costs only what it defines."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False  # type: ignore[union-attr]
    for cell in cells:
        shell.run_cell(cell, store_history=False)
    return shell.user_ns


def _locked(cell: dict[str, Any]) -> bool:
    mark = cell.get("metadata", {}).get("nbgrader", {})
    return bool(mark.get("grade") and mark.get("locked"))


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"signal {signal.Signals(-exitcode).name}"
    return f"exit code {exitcode}"
