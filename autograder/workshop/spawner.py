"""A learner's server: their own account, their own share of the machine."""

import os
import pwd
import resource
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import psutil
from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Any as Anything
from traitlets import Dict

_NICE = 5  # hub, proxy and the instructor go first
_FIRST_TO_DIE = 500  # when memory is gone, the kernel ends a learner's process and not the hub


class Limits(NamedTuple):
    """What one learner gets. memory: bytes a process; number: their place in the roster."""

    cores: int
    memory: int
    processes: int
    number: int

    def pinned(self, there: list[int]) -> set[int]:
        """Their cores of those that are there: no one else's while there are enough for all."""
        first = self.number * self.cores
        return {there[(first + one) % len(there)] for one in range(min(self.cores, len(there)))}

    def apply(self, there: list[int]) -> None:
        """Limit this process and all that it starts; none of it can be undone by a learner,
        but for the cores, which they share among themselves by agreement."""
        os.sched_setaffinity(0, self.pinned(there))
        resource.setrlimit(resource.RLIMIT_DATA, (self.memory, self.memory))
        resource.setrlimit(resource.RLIMIT_NPROC, (self.processes, self.processes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(_NICE)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write(str(_FIRST_TO_DIE))


def runs_as(pid: int, user: str) -> bool:
    """Whether there is a process with that number, and the account is that user's."""
    try:
        return psutil.Process(pid).uids().real == pwd.getpwnam(user).pw_uid
    except (psutil.Error, KeyError):
        return False


class RoomSpawner(LocalProcessSpawner):
    """JupyterHub's own for system accounts, with limits and, for the instructor, the course."""

    limits = Dict(config=True, help="{user: Limits}; nobody else is limited.")
    own_settings = Dict(config=True, help="{user: JUPYTER_CONFIG_PATH}, where it is another.")

    seen = Anything(config=True, help="Called with user and time when the server was last used.")

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What the child does before it becomes the server."""
        become, limits = super().make_preexec_fn(name), self.limits.get(name)
        there = sorted(os.sched_getaffinity(0))

        def preexec() -> None:
            os.umask(0o077)
            if limits:
                limits.apply(there)
            become()

        return preexec

    async def poll(self) -> int | None:
        """Whether the server runs: None. A pid that is another's by now, say after a reboot, is not
        the server, and is never sent a signal."""
        if self.pid and not runs_as(self.pid, self.user.name):
            self.clear_state()
            return 0
        if self.seen and self.orm_spawner and self.last_activity:
            self.seen(self.user.name, self.last_activity)
        return await super().poll()

    def get_env(self) -> dict[str, Any]:
        """The environment; who owns the course has its settings, and nbgrader's menus for it."""
        env = super().get_env()
        if paths := self.own_settings.get(self.user.name):
            env["JUPYTER_CONFIG_PATH"] = paths
        return env
