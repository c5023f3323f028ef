"""Each layer alone stops something; where it is off, that succeeds. And what the probe says."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox.layers import Layers
from autograder.sandbox.probe import probe
from tests.conftest import Require
from tests.security.jail import Jail
from tests.security.settings import SETTINGS, jails, place

USER = Layers(frozenset({"user"}))


def spaces(*names: str) -> Layers:
    return Layers(frozenset({"user", *names}))


# What is tried, the one layer that stops it, and that layer off.
ALONE = {
    "landlock, files": (("read", "SECRET"), Layers(landlock=7), Layers()),
    "landlock, signals": (("send_signal", "VICTIM", "kill"), Layers(landlock=7), Layers()),
    "landlock, TCP": (("connect", 2, 1, "TCP"), Layers(landlock=4), Layers()),
    "landlock, abstract sockets": (("connect", 1, 1, "NAME"), Layers(landlock=7), Layers()),
    "seccomp, exec": (("execute", "exec"), Layers(seccomp=True), Layers()),
    "seccomp, fork away": (("new_user",), Layers(seccomp=True), Layers()),
    "seccomp, trace": (("trace", "VICTIM"), Layers(seccomp=True), Layers()),
    "seccomp, signals": (("send_signal", "VICTIM", "kill"), Layers(seccomp=True), Layers()),
    "seccomp, owners": (("send_signal", "VICTIM", "descriptor"), Layers(seccomp=True), Layers()),
    "seccomp, sockets": (("connect", 2, 1, "TCP"), Layers(seccomp=True), Layers()),
    "seccomp, a pair of sockets": (("turn_pair", "DATAGRAMS"), Layers(seccomp=True), Layers()),
    "seccomp, limits": (("limit_other", "VICTIM"), Layers(seccomp=True), Layers()),
    "mount": (("read", "SECRET"), spaces("mount"), USER),
    "mount, sockets": (("connect", 1, 1, "PATH"), spaces("mount"), USER),
    "net": (("connect", 2, 1, "TCP"), spaces("net"), USER),
    "net, abstract sockets": (("connect", 1, 1, "NAME"), spaces("net"), USER),
    "pid": (("send_signal", "VICTIM", "kill"), spaces("pid"), USER),
}


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    with jails():
        yield


@pytest.fixture
def user(require: Require) -> Jail:
    jail, layers = place("user", require)
    require("landlock 7", layers.landlock >= 7)
    return jail


@pytest.mark.parametrize("layer", ALONE)
def test_the_layer_stops_what_else_succeeds(layer: str, user: Jail, prey: dict) -> None:
    (deed, *words), on, off = ALONE[layer]
    words = [prey.get(str(word), word) for word in words]
    stopped = user.do(on, deed, *words)
    assert "failed" in stopped, stopped
    assert not stopped["harmed"]
    succeeds = user.do(off, deed, *words)
    assert "did" in succeeds, succeeds
    assert succeeds["harmed"] == ("VICTIM" in words and deed in ("send_signal", "limit_other"))


def test_own_proc_hides_others(user: Jail) -> None:
    on = Layers(frozenset({"user", "pid", "mount"}), own_proc=True)
    off = Layers(frozenset({"user", "pid", "mount"}))
    assert "failed" in user.do(on, "peek", "VICTIM", "cmdline")
    assert "did" in user.do(off, "peek", "VICTIM", "cmdline")


@pytest.mark.parametrize("setting", [name for name in ("root",) if name in SETTINGS])
def test_own_uid_keeps_root_from_roots_files(setting: str, require: Require) -> None:
    jail, _ = place(setting, require)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        secret = Path(folder, "secret")
        secret.write_text("secret")
        secret.chmod(0o600)
        assert "failed" in jail.do(Layers(own_uid=True), "read", str(secret))
        assert "did" in jail.do(Layers(), "read", str(secret))


@pytest.mark.parametrize("setting", [name for name in ("root",) if name in SETTINGS])
def test_a_mount_of_proc_keeps_root_from_the_kernels_settings(
    setting: str, require: Require
) -> None:
    """As root's user without privileges, the file is one's own."""
    jail, _ = place(setting, require)
    pattern = "/proc/sys/kernel/core_pattern"
    mounts = Layers(frozenset({"user", "pid", "mount"}), own_proc=True)
    for layers in (mounts, mounts.without("own_proc")):
        assert "failed" in jail.do(layers, "open_to_write", pattern)
    assert "did" in jail.do(USER, "open_to_write", pattern)


def test_without_the_filter_one_outlives_the_parent(user: Jail) -> None:
    assert not user.do(Layers(seccomp=True), "stay", False, watch="a killed")["left"]
    assert user.do(Layers(), "stay", False, watch="a killed")["left"]


def test_without_a_pid_namespace_daemons_are_found(user: Jail) -> None:
    """The parent adopts them; nothing else holds them here."""
    assert not user.do(Layers(), "daemon")["left"]


def test_what_cannot_be_had_is_an_error(user: Jail) -> None:
    seen = user.do(Layers(frozenset({"net"})), "nothing")
    assert "new namespaces (net)" in seen["failed"]


def test_the_probe_says_what_holds(user: Jail) -> None:
    full, bare = user.probe(), user.probe("namespaces")
    assert full.describe().startswith("user, pid, mount, net, ipc and uts namespaces, landlock")
    assert bare.describe() == f"landlock {bare.landlock}, seccomp, limits"
    assert full.safe
    assert bare.safe


def test_what_is_safe() -> None:
    assert not Layers().safe
    assert not Layers(seccomp=True).safe  # it would read the hidden checks
    assert not Layers(landlock=7).safe
    assert Layers(landlock=1, seccomp=True).safe
    full = Layers(frozenset({"user", "pid", "mount", "net"}), own_proc=True, seccomp=True)
    assert full.safe
    for name in ("mount", "pid", "namespaces", "own_proc"):
        assert not full.without(name).own_proc
        assert not full.without(name).safe
    assert full.private_network
    assert not full.without("net").private_network


def test_nothing_at_all_is_not_safe() -> None:
    nothing = probe("namespaces", "own_uid", "landlock", "seccomp")
    assert nothing == Layers()
    assert nothing.describe() == "limits"
