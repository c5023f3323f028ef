"""What a confined process tries and must not get, in every setting; and nothing is left of it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpclab.syscalls import SYSCALLS
from tests.conftest import Require
from tests.security.settings import FALLBACK, FULL, SETTINGS, jails, place

SIGNALS = ("kill", "group", "thread", "pidfd", "queue", "descriptor")
ATTACKS: dict[str, tuple[Any, ...]] = {
    "read a file": ("read", "SECRET"),
    "read it by a link": ("read_beside", "SECRET"),
    "link to it": ("hard_link", "SECRET"),
    "read the users": ("read", "/etc/shadow"),
    "list its folder": ("listed", "FOLDER"),
    "write a file": ("write", "SECRET"),
    "write beside it": ("write", "FOLDER/new"),
    "write the system": ("open_to_write", "/usr/bin/env"),
    "write Python": ("open_to_write", os.__file__),
    "write a library": ("open_to_write", np.__file__),
    "write /dev": ("write", "/dev/shm/../hostile"),
    "write /proc": ("open_to_write", "/proc/self/oom_score_adj"),
    "write the kernel's settings": ("open_to_write", "/proc/sys/kernel/core_pattern"),
    "remove it": ("remove", "SECRET"),
    "a device": ("device_node",),
    "another's arguments": ("peek", "VICTIM", "cmdline"),
    "another's environment": ("peek", "VICTIM", "environ"),
    "another's memory": ("peek", "VICTIM", "mem"),
    "another's limits": ("limit_other", "VICTIM"),
    "trace another": ("trace", "VICTIM"),
    **{f"signal by {how}": ("send_signal", "VICTIM", how) for how in SIGNALS},
    **{f"execute by {how}": ("execute", how) for how in ("run", "spawn", "exec", "memory")},
    "TCP": ("connect", socket.AF_INET, socket.SOCK_STREAM, "TCP"),
    "UDP": ("connect", socket.AF_INET, socket.SOCK_DGRAM, ["192.0.2.1", 53]),
    "an abstract socket": ("connect", socket.AF_UNIX, socket.SOCK_STREAM, "NAME"),
    "a socket's file": ("connect", socket.AF_UNIX, socket.SOCK_STREAM, "PATH"),
    "a socket from a pair": ("turn_pair", "DATAGRAMS"),
    "the host of this machine": ("make_socket", 40, socket.SOCK_STREAM),
    "raw packets": ("make_socket", 17, socket.SOCK_RAW),
    "the kernel's messages": ("make_socket", 16, socket.SOCK_RAW),
    "the kernel's ciphers": ("make_socket", 38, socket.SOCK_SEQPACKET),
    "a user namespace": ("new_user",),
    "root": ("become_root",),
}


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    with jails():
        yield


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_it_is_stopped(setting: str, attack: str, prey: dict[str, Any], require: Require) -> None:
    jail, layers = place(setting, require)
    deed, *words = ATTACKS[attack]
    seen = jail.do(layers, deed, *[prey.get(str(word), word) for word in words])
    assert "failed" in seen, seen
    assert not seen["harmed"]
    assert not seen["left"]
    assert Path(prey["SECRET"]).read_text() == "secret"
    assert sorted(path.name for path in Path(prey["FOLDER"]).iterdir()) == [
        "datagrams",
        "secret.txt",
        "socket",
    ]
    for server in prey["servers"]:
        with pytest.raises(BlockingIOError):
            server.accept()


# Calls that depend on their arguments, or are allowed.
_OTHERS = {"clone", "fork", "vfork", "fcntl", "ioctl", "prctl", "prlimit64", "seccomp", "socket"}
_OTHERS |= {"socketpair", "kill", "tgkill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}
_OTHERS |= {"pidfd_open", "pidfd_send_signal"}
_OTHERS |= {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
SYSTEM_CALLS = sorted(set(SYSCALLS) - _OTHERS)


@pytest.mark.parametrize("setting", SETTINGS)
def test_calls_for_the_kernels_keeper_are_stopped(setting: str, require: Require) -> None:
    jail, layers = place(setting, require)
    assert jail.do(layers, "system_calls", SYSTEM_CALLS)["did"] == []
    harmless = ["kcmp", "userfaultfd", "get_robust_list", "personality"]
    seen = jail.do(layers.without("seccomp", "landlock"), "system_calls", harmless)["did"]
    assert {"get_robust_list", "personality"} <= set(seen)


@pytest.mark.parametrize("setting", SETTINGS)
def test_another_architectures_calls_are_no_way_round(setting: str, require: Require) -> None:
    if os.uname().machine != "x86_64":
        return
    jail, layers = place(setting, require)
    assert "did" not in jail.do(layers, "other_architecture")


@pytest.mark.parametrize("setting", SETTINGS)
def test_daemons_end_with_it(setting: str, require: Require) -> None:
    jail, layers = place(setting, require)
    seen = jail.do(layers, "daemon")
    assert "did" in seen
    assert not seen["left"]


@pytest.mark.parametrize("forked", [False, True])
@pytest.mark.parametrize("setting", FULL)
def test_nobody_outlives_the_parents_violent_end(
    setting: str, forked: bool, require: Require
) -> None:
    jail, layers = place(setting, require)
    assert not jail.do(layers, "stay", forked, watch="a killed")["left"]


@pytest.mark.parametrize("forked", [False, True])
@pytest.mark.parametrize("setting", FALLBACK)
def test_without_namespaces_its_group_ends_all(
    setting: str, forked: bool, require: Require
) -> None:
    jail, layers = place(setting, require)
    watch = "group killed" if forked else "a killed"
    assert not jail.do(layers, "stay", forked, watch=watch)["left"]


@pytest.mark.parametrize("bomb", ["fork_bomb", "thread_bomb"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_bombs_are_small(setting: str, bomb: str, require: Require) -> None:
    jail, layers = place(setting, require)
    seen = jail.do(layers, bomb, limits={"processes": 40})
    assert 20 < seen["did"] < 1000, seen  # a user's other processes count, where nothing tells them
    if setting in FULL or setting.endswith("root"):
        assert seen["did"] <= 40
    assert not seen["left"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_memory_and_files_are_limited(setting: str, require: Require) -> None:
    jail, layers = place(setting, require)
    small = {"memory": 1 << 30, "output": 8 << 20, "disk": 32 << 20}
    assert "MemoryError" in jail.do(layers, "much_memory", limits=small)["failed"]
    assert "File too large" in jail.do(layers, "large_file", limits=small)["failed"]
    if setting in FULL:
        assert "No space left" in jail.do(layers, "many_files", limits=small)["failed"]
    assert jail.do(layers, "large_file")["did"] == 64 << 20
    assert jail.do(layers, "many_files")["did"] == 64
