"""What every test may use."""

import os
from collections.abc import Callable

import pytest

Require = Callable[[str, bool], None]


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
