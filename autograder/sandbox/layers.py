"""What holds untrusted code, and how much it may take."""

from dataclasses import dataclass, replace
from typing import Any

from autograder.sandbox.kernel import NAMESPACES


@dataclass(frozen=True)
class SandboxLimits:
    """What a learner's process and its children may take.

    `memory`: bytes of data of each process, beyond what it had when it was confined. `output`:
    bytes of a file or memfd. `disk`: bytes of all files, where there is a mount namespace.
    `processes`: processes and threads together. `files`: open at once.
    """

    memory: int = 2_000_000_000
    output: int = 2_000_000_000
    disk: int = 256_000_000
    processes: int = 256
    files: int = 512


@dataclass(frozen=True)
class Layers:
    """The layers of a sandbox. `autograder.sandbox.probe` says which this machine has.

    `namespaces` are names of `kernel.NAMESPACES`; `own_proc`: /proc shows the sandbox alone;
    `own_uid`: root hands the process to a user that nobody else is; `landlock`: its version, 0
    for none.
    """

    namespaces: frozenset[str] = frozenset()
    own_proc: bool = False
    own_uid: bool = False
    landlock: int = 0
    seccomp: bool = False

    def without(self, *names: str) -> "Layers":
        """The same with some layers off: a namespace's name, "namespaces", or a field's name."""
        left = self
        for name in names:
            if name in NAMESPACES:
                left = replace(left, namespaces=left.namespaces - {name})
            elif name == "namespaces":
                left = replace(left, namespaces=frozenset())
            elif name == "landlock":
                left = replace(left, landlock=0)
            else:
                off: Any = {name: False}
                left = replace(left, **off)
        return replace(left, own_proc=left.own_proc and {"pid", "mount"} <= left.namespaces)

    @property
    def private_network(self) -> bool:
        """Whether sockets reach nobody outside: neither by an address nor by a path."""
        return {"net", "mount"} <= self.namespaces

    @property
    def private_signals(self) -> bool:
        """Whether signals reach nobody outside, even unfiltered."""
        return "pid" in self.namespaces or self.own_uid or self.landlock >= 6

    @property
    def safe(self) -> bool:
        """Whether untrusted work may run: its system calls and the files it sees are limited."""
        return self.seccomp and bool(self.landlock or self.own_proc)

    def describe(self) -> str:
        """The layers in words."""
        names = [name for name in NAMESPACES if name in self.namespaces]
        found = [f"{', '.join(names[:-1])} and {names[-1]} namespaces"] if names[1:] else names
        found += ["own user"] if self.own_uid else []
        found += [f"landlock {self.landlock}"] if self.landlock else []
        found += ["seccomp"] if self.seccomp else []
        return ", ".join([*found, "limits"])
