"""One action at a time, as processes of their own; what they say is kept for all who look."""

import asyncio
import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.workshop.desk.deeds import Command, Deed
from hpclab.errors import HpclabError

KEPT = 20_000  # characters of what an action says: the end
WAITS = 3  # the exit code of a command that leaves something for a person
_PATIENCE = 10.0  # seconds from asking an action to end to ending it
_NOT_TEXT = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Busy(HpclabError):
    """Something else is being done."""


class Runner:
    """The action that runs, or the last one that did. folder: where commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number, self.words, self.state, self.text = 0, "", "none", ""
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = False

    def seen(self) -> dict[str, Any]:
        """For the page. state: none, running, done, waits, failed or stopped."""
        return {
            "number": self.number, "words": self.words, "state": self.state, "text": self.text,
        }  # fmt: skip

    def begin(self, deed: Deed) -> "asyncio.Task[None]":
        """Begin an action; Busy while another is at work."""
        if self.state == "running":
            raise Busy(f"“{self.words}” is at work. Wait for it, or stop it.")
        self.number += 1
        self.words, self.state, self.text = deed.words, "running", ""
        self._stopped = False
        return asyncio.ensure_future(self._run(deed))

    async def stop(self) -> None:
        """End the action that runs, as Ctrl-C does; if that is not enough, for good."""
        self._stopped = True
        if process := self._process:
            await _end(process)

    async def _run(self, deed: Deed) -> None:
        """All commands, also after one that failed: what is collected is graded."""
        state = "done"
        try:
            for command in deed.commands:
                code = await self._command(command)
                if self._stopped:
                    state = "stopped"
                    break
                if code not in (0, WAITS):
                    state = "failed"
                elif code == WAITS and state == "done":
                    state = "waits"
        except OSError as error:
            self._say(f"{error}\n")
            state = "failed"
        finally:
            self._process = None
            self.state = state

    async def _command(self, command: Command) -> int:
        self._process = process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100",
                 "PYTHONUNBUFFERED": "1"}, start_new_session=True,
        )  # fmt: skip
        assert process.stdout
        if self._stopped:  # while the process was being started
            await _end(process)
        while said := await process.stdout.read(4096):
            self._say(said.decode(errors="replace"))
        return await process.wait()

    def _say(self, said: str) -> None:
        """Keep what was said, as text without colours; learners' names and words are in it."""
        plain = _NOT_TEXT.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
        self.text = (self.text + plain)[-KEPT:]


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
