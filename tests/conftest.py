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
# With several workers (CI: `scripts/test -n 2`) one of them runs all tests of such a folder, which
# share what takes long to make; elsewhere, of a file.
TOGETHER = ("browser", "hub", "security/grading")

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


class Together(LoadScopeScheduling):
    """Tests of one folder of TOGETHER, or else of one file, stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((one for one in TOGETHER if f"tests/{one}/" in nodeid), nodeid.split("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Who runs what, where there are several workers."""
    return Together(config, log)


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
