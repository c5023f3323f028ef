"""Simulated learners at work together: pages, progress, checks and submissions over HTTP."""

import math
import random
import statistics
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.hub.client import Client
from tests.hub.room import Room

PAGES = ("/course/index.html", "/course/lessons/double.html", "/course/api/state")
THINK = (1.0, 4.0)  # seconds between two things that a learner does
CODE = "def double(x, out):\n    for i in range(len(x)):\n        out[i] = 2 * x[i]\n"
SUBMIT = "/assignments/submit?course_id=mini&assignment_id=double"


@dataclass
class Load:
    """What came of it. took: seconds of each request, by what it was."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)  # of a learner's processes, bytes
    machine: list[float] = field(default_factory=list)  # share of the cores in use

    def lines(self) -> list[str]:
        """The figures, in words."""
        found = [f"{len(self.errors)} errors"]
        for what, seconds in sorted(self.took.items()):
            ordered = sorted(seconds)
            p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
            found.append(
                f"{what}: {len(ordered)}, median {statistics.median(ordered):.2f} s, "
                f"p95 {p95:.2f} s, worst {ordered[-1]:.2f} s"
            )
        if self.memory:
            sizes = sorted(value / 2**20 for value in self.memory.values())
            found.append(f"memory a learner: median {statistics.median(sizes):.0f} MiB, "
                         f"most {sizes[-1]:.0f} MiB (sum of RSS)")  # fmt: skip
        if self.machine:
            found.append(f"cores in use: {100 * statistics.fmean(self.machine):.0f} %")
        return found


def put_under_load(room: Room, names: list[str], seconds: float, at_once: int = 4) -> Load:
    """Let all `names` in, at most `at_once` at a time, then work for `seconds`."""
    load, gate = Load(), threading.Semaphore(at_once)
    all_in = threading.Barrier(len(names) + 1)
    threads = [
        threading.Thread(target=_learn, args=(room.client(name), load, gate, all_in, seconds))
        for name in names
    ]
    for thread in threads:
        thread.start()
    all_in.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        load.machine.append(psutil.cpu_percent(interval=1) / 100)
    accounts = {room.user(name) for name in names}
    for process in room.running():
        try:
            if process.username() in accounts:
                used = load.memory.get(process.username(), 0) + process.memory_info().rss
                load.memory[process.username()] = used
        except psutil.Error:
            continue
    for thread in threads:
        thread.join()
    return load


def _learn(
    client: Client, load: Load, gate: threading.Semaphore, all_in: threading.Barrier, seconds: float
) -> None:
    rng = random.Random(client.user)
    kernel = ""
    try:
        with gate:
            kernel = _timed(load, "start of a server", lambda: _begin(client))
    except Exception:
        load.errors.append(f"{client.user}: {traceback.format_exc()[-1500:]}")
    all_in.wait()
    until = time.monotonic() + seconds
    while kernel and time.monotonic() < until:
        time.sleep(rng.uniform(*THINK))
        what = rng.choices(["page", "record", "check", "submit"], [8, 3, 3, 1])[0]
        try:
            _timed(load, what, lambda what=what: _do(client, kernel, what, rng))  # type: ignore[misc]
        except Exception:
            load.errors.append(f"{client.user} {what}: {traceback.format_exc()[-1500:]}")


def _begin(client: Client) -> str:
    client.enter()
    kernel = client.kernel("double")
    ran = client.run(kernel, f"from hpclab import check\n{CODE}")
    assert not ran.error, ran
    return kernel


def _do(client: Client, kernel: str, what: str, rng: random.Random) -> None:
    if what == "page":
        assert client.get(rng.choice(PAGES)).status_code == 200
    elif what == "record":
        event = {"event": "read", "page": "lessons/double.html"}
        assert client.send("POST", "/course/api/record", event).status_code == 200
    elif what == "check":
        ran = client.run(kernel, 'check("double")')
        assert not ran.error, ran
        assert ran.shown, ran
    else:
        answer = client.send("POST", SUBMIT)
        assert answer.status_code == 200, answer.status_code
        assert answer.json()["success"], answer.text


def _timed(load: Load, what: str, work: Callable[[], str | None]) -> str:
    begin = time.perf_counter()
    answer = work()
    load.took[what].append(time.perf_counter() - begin)
    return answer or ""
