"""The `autograder` command with the stand-in for an examiner, which dies where it is told to.

A fork server, so that the imports are paid for once: a line of JSON on stdin names the words of a
command, where it runs, its environment, and where it is killed; the answer is a line of JSON.
"""

import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import autograder.engine.session
from autograder.cli import main
from autograder.engine.journal import Journal
from autograder.records.gradebook import Records
from tests.content import standin

SEAMS: dict[str, tuple[Any, str]] = {
    "examine": (standin.StandIn, "examine"),
    "keep": (Journal, "keep"),
    "write": (Records, "write"),
    "folder": (Records, "_write_folder"),
    "saved": (Journal, "keep_saved"),
    "reopen": (Journal, "reopen"),
}


def plant(seam: str, count: int, number: int) -> None:
    """At the COUNTth time `before-keep`, `after-keep`, or half-way through a line, `torn-keep`."""
    when, name = seam.split("-")
    owner, method = SEAMS[name]
    original, passed = getattr(owner, method), [0]

    def die(*args: Any, **kwargs: Any) -> Any:
        passed[0] += 1
        now = passed[0] == count
        if now and when == "torn":
            write = os.write
            os.write = lambda handle, line: _end(number, write(handle, line[: len(line) // 2]))
        if now and when == "before":
            _end(number)
        answer = original(*args, **kwargs)
        if now and when == "after":
            _end(number)
        return answer

    setattr(owner, method, die)


def _end(number: int, *_: Any) -> Any:
    os.kill(os.getpid(), number)


def serve() -> None:
    assert autograder.engine.session  # what a command imports when it runs
    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            if (child := os.fork()) == 0:
                run(job, out.fileno(), err.fileno())
            _, status = os.waitpid(child, 0)
            said = [os.pread(file.fileno(), 1 << 24, 0).decode() for file in (out, err)]
        print(json.dumps([os.waitstatus_to_exitcode(status), *said]), flush=True)


def run(job: dict[str, Any], out: int, err: int) -> None:
    code = 1
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(job["folder"])
        os.environ.update(job["env"])
        sys.argv = ["autograder", *job["words"]]
        if job["seam"]:
            plant(job["seam"], job["count"], job.get("signal", signal.SIGKILL))
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
