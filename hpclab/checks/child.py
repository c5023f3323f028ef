"""Check a whole notebook outside JupyterLab, in a process of its own.

The child that runs the learner's cells sends each result in JSON, never with a pickle. A check that
takes more than its limits costs its process; the others go on in a new one.
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

import psutil

from hpclab.cells import run_cells
from hpclab.checks.language import Check, load_checks, with_needs
from hpclab.checks.report import Report
from hpclab.checks.run import run_checks, stopped
from hpclab.errors import HpclabError
from hpclab.measure.machine import notebook_settings
from hpclab.verdicts import Result

_PRELOAD = [
    "numpy",
    "numba",
    "dask.array",
    "IPython.core.interactiveshell",
    "hpclab.checks.run",
    "hpclab.checks.warm",
    "hpclab.cli",  # a child imports the program that asks once more: mostly this one
]

_LEAVE = 5.0  # seconds for a child to end by itself and give back its semaphores
_GRACE = 10.0  # seconds beyond a check's wall limit before its process is killed


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

    Cells that take more than `timeout` seconds, or end the process, are an HpclabError. A check
    that does is a failed check.
    """
    known = [check for path in check_files for check in load_checks(path)]
    checks = with_needs([check for check in known if check.task in tasks], known)
    files = [path.resolve() for path in check_files]
    results: dict[str, Result] = {}
    while True:
        end = _in_child((list(cells), folder, files, list(tasks), seed), results, checks, timeout)
        waiting = [check for check in checks if check.name not in results]
        if not waiting:
            break
        results[waiting[0].name] = stopped(waiting[0], end)
    return [Report(task, [results[c.name] for c in checks if c.task == task]) for task in tasks]


def start_server() -> None:
    """Start now, once for many checks to come, what each is forked from; takes a second or two."""
    _context()
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        forkserver.ensure_running()


def _in_child(
    order: tuple[Any, ...], results: dict[str, Result], checks: list[Check], timeout: float
) -> str:
    """Add to `results` what one child can tell; how it ended, if it did not tell all."""
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    done = [result.to_json() for result in results.values()]
    child = context.Process(target=_child, args=(sender, *order, done))
    child.start()
    sender.close()
    try:
        _expect(receiver, child, timeout)
        for check in checks:
            if check.name in results:
                continue
            if not receiver.poll(check.limits.wall + _GRACE):
                return f"did not return within {check.limits.wall:g} s"
            results[check.name] = Result.from_json(_receive(receiver))
        child.join(_LEAVE)
    except EOFError:
        child.join(_LEAVE)
        return f"ended the process: {_cause(child.exitcode)}"
    finally:
        _end(child)
    return ""


def _end(child: Any) -> None:
    """Kill what still runs of the child, and of all that it started."""
    if child.is_alive():
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(child.pid).children(recursive=True):
                process.kill()
    child.kill()
    child.join()


def _expect(receiver: Connection, child: Any, timeout: float) -> None:
    """Wait until the child has run the cells."""
    if not receiver.poll(timeout):
        raise HpclabError(f"The notebook was stopped after {timeout:g} seconds.")
    try:
        _receive(receiver)
    except EOFError:
        child.join(_LEAVE)
        cause = _cause(child.exitcode)
        raise HpclabError(f"The process that ran the notebook died: {cause}.") from None


def _receive(receiver: Connection) -> dict[str, Any]:
    """The child's next message; an author's mistake, which comes as text, is an HpclabError."""
    message = json.loads(receiver.recv_bytes())
    if isinstance(message, str):
        raise HpclabError(message)
    return message


def _context() -> Any:
    """A fork server that has imported the world once, where there is one (not on Windows)."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    for name, value in notebook_settings().items():
        os.environ.setdefault(name, value)  # read when Numba is imported, and when OpenMP starts
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
    done: list[dict[str, Any]],
) -> None:
    """Run in the child: the cells, then the checks that are not done; answer with JSON."""
    from hpclab.checks.local import LocalWork

    def tell(message: Any) -> None:
        sender.send_bytes(json.dumps(message).encode())

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is told of Ctrl-C, and ends us
    os.chdir(folder)
    # Notebooks may print anything; nothing of it belongs into the report.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            known = [check for path in check_files for check in load_checks(path)]
            work = LocalWork(run_cells(cells), seed)
            tell({"ready": True})
            checks = with_needs([check for check in known if check.task in tasks], known)
            for result in run_checks(checks, work, [Result.from_json(r) for r in done]):
                tell(result.to_json())
        except HpclabError as error:
            tell(str(error))
    sender.close()


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"signal {signal.Signals(-exitcode).name}"
    return f"exit code {exitcode}"
