"""`autograder workshop status`: who is in, what they use, and what is wrong, in sentences."""

import os
import shutil
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from autograder.workshop.accounts import account
from autograder.workshop.running import Room

_SAMPLE = 0.5  # seconds over which processor time is counted
_FULL = 0.9  # of a limit, a disk, the memory
_ROOM = 2**20  # bytes: less, and a notebook may not be saved
GIB = 2**30


@dataclass
class Use:
    """What one person's processes use. largest: bytes of data of the greatest one."""

    user: str
    name: str
    role: str
    server: str = "-"  # running, starting, or - for none
    active: str = ""  # when the server was last used, ISO
    processes: int = 0
    cores: float = 0.0
    memory: int = 0
    largest: int = 0


@dataclass
class Status:
    """The room now."""

    url: str
    hub: bool
    door: bool
    wall: bool
    load: float
    cores: int
    memory_free: int
    disk_free: int
    people: list[Use]
    problems: list[str] = field(default_factory=list)


def look(room: Room) -> Status:
    """Ask the hub, knock at the door, and count processes by account."""
    hub = room.hub is not None
    door = hub and room.opens()
    people = {one.user: Use(one.user, one.name, one.role) for one in room.settings.people}
    servers: dict[str, Any] | None = None
    with suppress(OSError):
        servers = _ask_servers(room) if hub else None
    _count(people)
    disk = shutil.disk_usage(room.place.root)
    status = Status(
        room.settings.door, hub, door, hub and room.wall_answers(0), os.getloadavg()[0],
        psutil.cpu_count() or 1, psutil.virtual_memory().available, disk.free,
        list(people.values()),
    )  # fmt: skip
    status.problems = [*_of_parts(room, status, servers), *_of_machine(room, status, disk)]
    for user, server in (servers or {}).items():
        if user in people:
            people[user].server = "running" if server["ready"] else server["pending"] or "starting"
            people[user].active = server["last_activity"] or ""
            if server["ready"] and not people[user].processes:
                people[user].server = "-"
                status.problems.append(
                    f"{user}: the server died; the hub notices within a minute, and its page "
                    "offers to start it again. What was saved is there."
                )
    return status


def _ask_servers(room: Room) -> dict[str, Any]:
    """`{user: the server as the hub knows it}`, of those who have one."""
    users: list[dict[str, Any]] = room.ask("/users?state=active")
    return {user["name"]: user["servers"][""] for user in users if "" in user["servers"]}


def _count(people: dict[str, Use]) -> None:
    """Processes, memory and cores of each; those that end meanwhile are not counted."""
    owners = {found.pw_uid: use for user, use in people.items() if (found := account(user))}
    seen: dict[int, list[psutil.Process]] = defaultdict(list)
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real in owners and process.status() != psutil.STATUS_ZOMBIE:
                process.cpu_percent()
                seen[process.uids().real].append(process)
    if seen:
        time.sleep(_SAMPLE)
    for uid, processes in seen.items():
        use = owners[uid]
        for process in processes:
            with suppress(psutil.Error):
                memory = process.memory_info()
                use.processes += 1
                use.cores += process.cpu_percent() / 100
                use.memory += memory.rss
                use.largest = max(use.largest, memory.data)


def _of_parts(room: Room, status: Status, servers: object) -> list[str]:
    again = "`autograder workshop up` mends it; nobody's work is lost"
    if not status.hub:
        return [f"The hub does not run: {again}."]
    problems = []
    if servers is None:
        problems.append(f"The hub does not answer: {again}. See {room.place.log}.")
    if not status.door:
        problems.append(
            f"Nobody opens at {room.settings.url}: the proxy is down. The hub starts it within "
            f"seconds; if not, {again}."
        )
    if not status.wall:
        problems.append(
            f"The wall does not answer; it starts again by itself, and if not, {again}."
        )
    return problems


def _of_machine(room: Room, status: Status, disk: Any) -> list[str]:
    problems = [
        f"{use.user}: no account. `autograder workshop up` makes it."
        for use in status.people
        if account(use.user) is None
    ]
    problems += [
        f"{use.user}: a process holds {use.largest / GIB:.1f} GiB of the "
        f"{room.settings.memory / GIB:.1f} GiB that it may have."
        for use in status.people
        if use.role == "learner" and use.largest > _FULL * room.settings.memory
    ]
    problems += _of_homes(room)
    if status.load > 2 * status.cores:
        problems.append(
            f"The load is {status.load:.0f} on {status.cores} cores: timed checks will say "
            "inconclusive rather than wrong."
        )
    if disk.free < (1 - _FULL) * disk.total and disk.free < 10 * GIB:
        problems.append(f"The disk of {room.place.root} has {disk.free / GIB:.1f} GiB left.")
    if status.memory_free < GIB:
        problems.append(f"The machine has {status.memory_free / GIB:.1f} GiB of memory left.")
    return problems


def _of_homes(room: Room) -> list[str]:
    """Homes that are full, where each is a file system of its own, or its quota shows as one."""
    device = room.place.root.stat().st_dev
    homes = {one.user: found.pw_dir for one in room.settings.people if (found := account(one.user))}
    full = []
    for user, home in homes.items():
        with suppress(OSError):  # no home yet
            if os.stat(home).st_dev != device and shutil.disk_usage(home).free < _ROOM:
                full.append(user)
    return [
        f"{user}: the home is full, and nothing more is saved. Let them delete what they do not "
        "need, and save again."
        for user in full
    ]


def document(status: Status) -> dict[str, Any]:
    """The status as a value for JSON."""
    return asdict(status)


def show(console: Console, status: Status) -> None:
    """Tell people."""
    table = Table("user", "name", "server", "last used", "cores", "memory", "processes")
    for use in status.people:
        table.add_row(
            use.user, use.name or use.role, use.server, use.active[11:16] and use.active[11:16]
            + " UTC", f"{use.cores:.1f}", f"{use.memory / 2**20:.0f} MiB", str(use.processes),
        )  # fmt: skip
    console.print(table, markup=False)
    inside = sum(use.server == "running" for use in status.people)
    lines = [
        f"{status.url}: {inside} of {len(status.people)} are in. Load {status.load:.1f} on "
        f"{status.cores} cores; {status.memory_free / GIB:.1f} GiB of memory and "
        f"{status.disk_free / GIB:.0f} GiB of disk free.",
        *(f"✗ {problem}" for problem in status.problems),
    ]
    for line in lines if status.problems else [*lines, "✓ nothing is wrong"]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
