"""What every test may use."""

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from hpclab.measure.machine import notebook_settings

TESTS = Path(__file__).parent
# With several workers (CI) one of them runs all tests of such a group, which share what takes long
# to make; of other tests, all of a file. Groups begin in this order: the longest first, so that
# none is left over at the end; "lab" and "course" once "pages" has built the book that they need.
# A test belongs to the first group that has the beginning of its path.
TOGETHER = {
    "pages": tuple(
        f"browser/test_{name}"
        for name in ("axe", "badge", "book", "feedback", "keyboard", "slides")
    ),
    "hub": ("hub/",),
    "grading": ("security/grading/",),
    "lab": ("browser/",),
    "course": ("content/test_course",),
    "verify": ("content/test_verify",),
    "page": ("unit/test_page",),
    "calibrate": ("content/test_calibrate",),
}

Require = Callable[[str, bool], None]


def pytest_configure() -> None:
    """Workers have temporary folders of their own: graders of one folder wait for each other."""
    # Who runs the tests in the background of a script hands an ignored Ctrl-C down to all.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Numba takes no other number of threads once they run: a learner's, from the start.
    os.environ.update(notebook_settings())
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        folder = Path(tempfile.gettempdir(), f"hpclab-{os.getppid()}-{worker}")
        folder.mkdir(exist_ok=True)
        folder.chmod(0o1777)  # some tests become another user
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def group_of(nodeid: str) -> str:
    """The group of TOGETHER that a test belongs to, or else its file."""
    file = nodeid.split("::")[0]
    path = file.removeprefix("tests/")
    return next((name for name, begins in TOGETHER.items() if path.startswith(begins)), file)


class Together(LoadScopeScheduling):
    """A group, or else a file, is one worker's."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Who runs what, where there are several workers."""
    config.option.loadscopereorder = False  # which begins with most tests, not with most seconds
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which workers take groups."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        order = {name: number for number, name in enumerate(TOGETHER)}
        items.sort(key=lambda item: order.get(group_of(item.nodeid), len(order)))


@pytest.fixture(scope="session")
def require() -> Require:
    """`require("Chromium", present)`: skip what this machine cannot run; in CI, fail instead.

    HPCLAB_REQUIRE=all says that nothing may be missing.
    """

    def check(component: str, present: bool) -> None:
        if present:
            return
        if os.environ.get("HPCLAB_REQUIRE") == "all":
            pytest.fail(f"{component} is missing, and HPCLAB_REQUIRE=all")
        pytest.skip(f"{component} is missing")

    return check


@pytest.fixture(scope="session", autouse=True)
def nothing_is_timed() -> None:
    """No clock decides a test: timed checks verify their answers and are inconclusive."""
    os.environ["HPCLAB_TIMED"] = "0"


@pytest.fixture(scope="session", autouse=True)
def own_jupyter(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the developer's own Jupyter and IPython settings."""
    home = tmp_path_factory.mktemp("jupyter")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        os.environ[name] = str(home / name.lower())
