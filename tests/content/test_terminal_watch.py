"""`hpclab watch`: a verdict for each save, the newest last, and nothing left behind."""

import os
import pty
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

from hpclab.learner import watch as module
from hpclab.learner.watch import Watch
from tests.content.terminal import (
    COMMAND,
    PATIENCE,
    RIGHT,
    STUB,
    WRONG,
    Learner,
    Watching,
    watching,
)

# A cell that says that it runs, and waits until it may go on.
GATE = """\
from pathlib import Path
import time
Path("here").touch()
while not Path("go").exists():
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def started_once(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Learner:
    learner = Learner(built_once, tmp_path_factory.mktemp("watched"))
    assert learner.run("start", "double").returncode == 0
    return learner


@pytest.fixture
def learner(started_once: Learner, tmp_path: Path) -> Learner:
    subprocess.run(["cp", "-a", started_once.folder, tmp_path / "mine"], check=True)
    return Learner(started_once.course, tmp_path / "mine")


def end(watch: Watching, with_signal: int = signal.SIGINT) -> None:
    """End it as a terminal does; nothing it started may be left."""
    family = psutil.Process(watch.process.pid).children(recursive=True)
    assert family
    watch.process.send_signal(with_signal)
    assert watch.process.wait(PATIENCE) == 0, "".join(watch.said)
    until = time.monotonic() + PATIENCE
    while left := [process for process in family if runs(process)]:
        if time.monotonic() > until:
            for process in left:
                process.kill()
            pytest.fail(f"left behind: {left}")
        time.sleep(0.02)


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def verdicts(learner: Learner) -> list[object]:
    return [event["verdict"] for event in learner.events("try")]


def test_each_save_of_either_gets_its_verdict(learner: Learner) -> None:
    with watching(learner) as watch:
        watch.until("double: unattempted")
        watch.until("Ctrl-C ends it")
        learner.edit(STUB, WRONG)
        watch.until("double: failed")
        watch.until("Next: `hpclab hint double double`")
        watch.until("double: 0 of 1 tasks passed.")
        learner.notebook.write_text(learner.notebook.read_text().replace("= x", "= 2.0 * x"))
        watch.until("double: passed, 2 of 2 points")
        watch.until("Hand it in: `hpclab submit double`")
        assert RIGHT in learner.script.read_text()
        learner.edit(RIGHT, WRONG)
        watch.until("✗ failed: `double` writes")
        watch.until("double: 0 of 1 tasks passed.")
        end(watch)
    assert verdicts(learner) == ["unattempted", "failed", "passed", "failed"]
    assert all("\x1b" not in line for line in watch.said), "a pipe gets plain lines"


def test_a_save_in_the_middle_of_a_check(learner: Learner) -> None:
    home = learner.script.parent
    learner.edit(STUB, f"{WRONG}\n\n# %%\n{GATE}")
    with watching(learner) as watch:
        while not (home / "here").exists():
            assert watch.process.poll() is None
        learner.edit(WRONG, RIGHT)
        (home / "go").touch()
        watch.until("double: failed")
        watch.until("double: passed")
        end(watch)
    assert verdicts(learner) == ["failed", "passed"]


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_in_the_middle_of_a_check(learner: Learner, with_signal: int) -> None:
    starts = 'import subprocess\nsubprocess.Popen(["sleep", "600"])\n'
    learner.edit(STUB, f"{WRONG}\n\n# %%\n{starts}{GATE}")
    with watching(learner) as watch:
        while not (learner.script.parent / "here").exists():
            assert watch.process.poll() is None
        end(watch, with_signal)
    assert verdicts(learner) == []
    assert "Traceback" not in "".join(watch.said)


def test_what_goes_wrong_is_said_and_the_watch_goes_on(learner: Learner) -> None:
    with watching(learner) as watch:
        watch.until("Ctrl-C ends it")
        learner.edit('# %% task="double"', "# %%")
        watch.until('double.py has no cell `# %% task="double"`')
        learner.edit("# %%\ndef double", '# %% task="double"\ndef double')
        watch.until("double: unattempted")
        learner.edit(STUB, "    import os\n    os._exit(3)")
        watch.until("ended the process: exit code 3")
        learner.edit("    os._exit(3)", RIGHT)
        watch.until("double: passed")
        end(watch)


def test_a_cell_that_never_ends_is_stopped(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CELLS_SECONDS", 2.0)
    said: list[str] = []
    watch = Watch(learner.folder, "double", None, said.clear, said.append)
    learner.edit(STUB, RIGHT + "\n\n# %%\nwhile True:\n    pass")
    watch._once()
    assert said[0] == "The notebook was stopped after 2 seconds."
    learner.edit("while True", "if True")
    watch._once()
    assert said[0].startswith("double: passed")


def test_a_terminal_shows_the_last_look_alone(learner: Learner) -> None:
    ours, theirs = pty.openpty()
    command = [COMMAND, "watch", "double", "--dir", str(learner.folder)]
    env = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        command, cwd=learner.course, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        patience = threading.Timer(PATIENCE, process.kill)
        patience.start()
        said = b""
        while said.count(b"Ctrl-C ends it") < 2:
            said += os.read(ours, 4096)
            if said.count(b"Ctrl-C ends it") == 1 and STUB in learner.script.read_text():
                learner.edit(STUB, RIGHT)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        patience.cancel()
    os.close(ours)
    pages = said.decode().split("\x1b[2J")
    assert len(pages) == 3
    assert "unattempted" in pages[1]
    assert "double: passed" in pages[2]
