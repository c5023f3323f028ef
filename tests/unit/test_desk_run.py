"""The one action at a time of the instructor's desk."""

import asyncio
import sys
from pathlib import Path

from autograder.workshop.desk.deeds import Deed
from autograder.workshop.desk.run import Runner
from tests.unit.loops import run

SLOW = [sys.executable, "-c", "import time; time.sleep(300)"]


async def stopped_after(folder: Path, turns: int) -> str:
    """The state of an action that is stopped when the loop has gone round so many times."""
    runner = Runner(folder)
    action = runner.begin(Deed("Sleep", [SLOW, SLOW]))
    for _ in range(turns):
        await asyncio.sleep(0)
    await runner.stop()
    await asyncio.wait_for(action, 120)  # s: none sleeps to its end
    return runner.state


def test_an_action_is_stopped_also_while_its_process_is_being_started(tmp_path: Path) -> None:
    for turns in (0, 1, 2, 3, 50):
        assert run(stopped_after(tmp_path, turns)) == "stopped"
