"""What a confined process can still do, in every setting."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import Require
from tests.security.settings import FULL, SETTINGS, jails, place

EVERYWHERE = {
    "compile_parallel": 1000.0,
    "compile_cached": [".nbi"],
    "dask_threads": 10000.0,
    "threads": [0, 1, 2, 3],
    "ranks": [3, 3, 3],
    "end_own_child": -9,
    "own_proc": True,
    "files": ["given", "kept"],
    "memory_file": 4,
    "less_memory": "less, then as before",
    "late_import": "wave",
}
WITH_NAMESPACES = {"cluster": 42, "loopback": "hello", "forked_queue": 3, "shared_files": None}
ENDS = {"crash": (-11,), "abort": (-6, -11), "leave": (3,)}


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    with jails():
        yield


@pytest.mark.parametrize("deed", EVERYWHERE)
@pytest.mark.parametrize("setting", SETTINGS)
def test_honest_work_runs(setting: str, deed: str, require: Require) -> None:
    if setting == "old kernel" and deed == "end_own_child":
        return  # there, signals to others are forbidden, one's own children included
    jail, layers = place(setting, require)
    seen = jail.do(layers, deed)
    assert seen.get("did") == EVERYWHERE[deed], seen
    assert not seen["left"]


@pytest.mark.parametrize("deed", WITH_NAMESPACES)
@pytest.mark.parametrize("setting", FULL)
def test_a_network_and_shared_memory_of_its_own(setting: str, deed: str, require: Require) -> None:
    jail, layers = place(setting, require)
    seen = jail.do(layers, deed)
    assert "did" in seen, seen
    assert seen["did"] == WITH_NAMESPACES[deed], seen
    assert seen["files"] == ["given.txt"]  # what it wrote has vanished with it


@pytest.mark.parametrize("deed", ENDS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_how_it_ended_is_seen(setting: str, deed: str, require: Require) -> None:
    jail, layers = place(setting, require)
    assert os.waitstatus_to_exitcode(jail.do(layers, deed)["status"]) in ENDS[deed]


@pytest.mark.parametrize("setting", SETTINGS)
def test_it_is_stopped_and_timed_from_outside(setting: str, require: Require) -> None:
    jail, layers = place(setting, require)
    seen = jail.do(layers, "spin", watch="frozen")
    assert seen["stopped"] == 0
    assert os.waitstatus_to_exitcode(seen["status"]) == -9
    assert not seen["left"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_only_what_is_kept_stays_open(setting: str, require: Require) -> None:
    jail, layers = place(setting, require)
    seen = jail.do(layers, "descriptors")
    assert len(seen["did"]) <= 5, seen
    assert not any(name.endswith("jail.py") for name in seen["did"])


@pytest.mark.parametrize("setting", SETTINGS)
def test_more_can_be_made_readable(setting: str, require: Require) -> None:
    jail, layers = place(setting, require)
    folder = os.path.dirname(__file__)
    seen = jail.do(layers, "read_text", __file__, readable=[folder])
    assert "What a confined process" in seen["did"]
    assert "failed" in jail.do(layers, "read_text", __file__)
