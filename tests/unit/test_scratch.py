"""Folders of examiners: gone at the end, swept after a kill -9, never taken from one that lives."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder.examiner.scratch import scratch, sweep

HOLD = """
import sys, time
from autograder.examiner.scratch import scratch
with scratch() as folder:
    (folder / "hidden_checks.py").write_text("secret")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def make_old(folder: Path) -> None:
    os.utime(folder, (time.time() - 3600,) * 2)


def test_it_is_gone_at_the_end() -> None:
    with scratch() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        make_old(folder)
        sweep()
        assert folder.is_dir(), "it is in use"
    assert not folder.exists()


def test_what_a_killed_examiner_left_is_swept() -> None:
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        make_old(folder)
        sweep()
        assert folder.is_dir(), "its owner lives"
        process.send_signal(signal.SIGKILL)
    sweep()
    assert not folder.exists()


def test_a_young_folder_and_what_is_not_ours_are_left_alone(tmp_path: Path) -> None:
    young, other = tmp_path / "hpclab-grading-young", tmp_path / "other"
    link = tmp_path / "hpclab-grading-link"
    for folder in (young, other):
        folder.mkdir()
    link.symlink_to(other)
    make_old(other)
    sweep()
    assert young.is_dir()
    assert other.is_dir()
