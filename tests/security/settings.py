"""Where the tests of the sandbox run: as root and as a user, with all layers and with few."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

from autograder.sandbox.layers import Layers
from tests.conftest import Require
from tests.security.jail import Jail

ROOT = os.geteuid() == 0
FULL = ("root", "itself", "user") if ROOT else ("user",)
FALLBACK = (
    ("bare root", "open root", "bare user", "old kernel") if ROOT else ("bare user", "old kernel")
)
SETTINGS = FULL + FALLBACK
_HOW: dict[str, tuple[str, tuple[str, ...]]] = {
    "root": ("root", ()),
    "itself": ("root", ("own_uid",)),  # root where it can become nobody else
    "user": ("user", ()),
    "bare root": ("root", ("namespaces",)),
    "open root": ("open", ("namespaces",)),
    "bare user": ("user", ("namespaces",)),
    "old kernel": ("user", ("namespaces",)),  # as in Ubuntu 24.04: landlock 4
}
_JAILS: dict[str, Jail] = {}


@contextmanager
def jails() -> Iterator[None]:
    """However many servers the tests ask for, ended at last."""
    yield
    for jail in _JAILS.values():
        jail.close()
    _JAILS.clear()
    _layers.cache_clear()


def jail(who: str) -> Jail:
    """The server that runs as "root", "open" or "user"; one for all tests."""
    if who not in _JAILS:
        _JAILS[who] = Jail(who)
    return _JAILS[who]


def place(setting: str, require: Require) -> tuple[Jail, Layers]:
    """Who confines, and with what; skips what this machine cannot have."""
    who, without = _HOW[setting]
    layers = _layers(who, without)
    if setting in FULL:
        require("namespaces for ordinary users and for root", layers.own_proc)
    require("landlock", layers.landlock > 0)
    require("seccomp", layers.seccomp)
    return jail(who), replace(layers, landlock=4) if setting == "old kernel" else layers


@cache
def _layers(who: str, without: tuple[str, ...]) -> Layers:
    return jail(who).probe(*without)
