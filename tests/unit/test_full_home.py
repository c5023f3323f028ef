"""A full home: its owner still gets in, to make room, and `status` says whose it is."""

import errno
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from autograder.workshop import status
from autograder.workshop.roster import Person
from hpclab.server import single

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_its_owner_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["single"])
    monkeypatch.setattr(single, "DEFAULT", tmp_path)
    monkeypatch.setattr(single, "prepare", Mock(side_effect=FULL))
    monkeypatch.setattr(os, "execv", execv := Mock())
    single.main()
    assert "jupyterhub.singleuser" in execv.call_args.args[1]
    assert "The disk is full." in capsys.readouterr().out


def test_status_says_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a home is a file system of its own; else it is the disk, which is said once."""
    account: Any = SimpleNamespace(pw_dir="/proc")  # a file system without a free byte
    monkeypatch.setattr(status, "account", lambda user: account)
    room: Any = SimpleNamespace(
        place=SimpleNamespace(root=tmp_path), settings=SimpleNamespace(people=[Person("bob")])
    )
    (said,) = status._of_homes(room)
    assert said.startswith("bob: the home is full")
    account.pw_dir = str(tmp_path)
    assert status._of_homes(room) == []
