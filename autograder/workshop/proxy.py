"""configurable-http-proxy: found, or fetched into the workshop's folder."""

import re
import shutil
import subprocess
from collections.abc import Callable

from autograder.workshop.place import Place
from hpclab.errors import HpclabError

NAME = "configurable-http-proxy"
VERSION, WANTS = "5.3.0", (20, 19)  # and the Node.js that it needs
OLDER = "4.6.3"  # for Debian 12, which has Node.js 18
_FETCH = 120  # seconds; it takes ten


def find_proxy(place: Place, log: Callable[[str], None]) -> list[str]:
    """Its command: the one on PATH, else the workshop's own, which npm fetches once."""
    if found := shutil.which(NAME):
        return [found]
    own = place.root / "proxy" / "node_modules" / ".bin" / NAME
    if not own.is_file():
        _install(place, log)
    return [str(own)]


def version_for(node: str) -> str:
    """The version for a Node.js that calls itself `node`, such as v20.20.2."""
    number = tuple(map(int, re.findall(r"\d+", node)[:2]))
    return VERSION if number >= WANTS else OLDER


def _install(place: Place, log: Callable[[str], None]) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        raise HpclabError(
            f"JupyterHub needs {NAME}, and neither it nor npm is on PATH. Install Node.js with npm "
            f"(Debian: apt install nodejs npm), then run this again; or npm install -g {NAME}."
        )
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = version_for(said.stdout)
    log(f"Fetching {NAME} {version} with npm, once.")
    command = [npm, "install", "--prefix", str(place.root / "proxy"), "--ignore-scripts",
               "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1",
               f"{NAME}@{version}"]  # fmt: skip
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_FETCH
        )
        why = answer.stderr.strip() if answer.returncode else ""
    except subprocess.TimeoutExpired:  # npm tries again and again where nothing answers
        why = f"It had no answer within {_FETCH} s."
    if why:
        shutil.rmtree(place.root / "proxy", ignore_errors=True)
        raise HpclabError(
            f"npm could not fetch {NAME} {version}:\n{why}\nWithout a network, put {NAME} on PATH "
            "beforehand; behind a proxy of your house, tell npm: npm config set https-proxy URL."
        )
