"""Thebe, which runs a demo's cells inside its page: fetched from npm once, when a book is built."""

import base64
import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

VERSION = "0.9.3"
SHA512 = "Rb/7kVhtlffXra3kIe7OuIGE7awsm2/fGWxw21DiNfnWLnUQiDl9AWqYdshPwZPG/5DzLpsJRPix2xtCPtJmQQ=="
SECONDS = 30.0  # a build waits no longer for a network that is dead
SERVED = re.compile(r"package/lib/([\w.]+\.(?:js|txt))")  # the scripts and their licences
WITHOUT = "demo pages have no button to run them"


def thebe_in(out: Path) -> Path:
    """The folder below `out` where Thebe's files are kept once they were fetched."""
    return out / "thebe" / VERSION


def fetch_thebe(out: Path, *, log: Callable[[str], object] = print) -> bool:
    """Bring Thebe's files into `thebe_in(out)` unless they are there; whether they are there now.

    A book does without Thebe, so nothing that goes wrong here stops a build: `log` gets a sentence.
    """
    folder = thebe_in(out)
    if folder.is_dir():
        return True
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as beside:
            tarball = _pack(Path(beside))
            _unpack(tarball, Path(beside) / "lib")
            (Path(beside) / "lib").rename(folder)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        log(f"live code: {_why(error)}; {WITHOUT}.")
        return False
    log(f"live code: Thebe {VERSION} was fetched with npm.")
    return True


def _pack(folder: Path) -> bytes:
    """The package's tarball as npm gives it, once its digest is the one we know."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    command = [npm, "pack", f"thebe@{VERSION}", "--ignore-scripts", "--fetch-retries=0"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    tarball = (folder / f"thebe-{VERSION}.tgz").read_bytes()
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if digest != SHA512:
        raise ValueError(
            f"npm gave a Thebe {VERSION} whose SHA-512 is {digest}; expected {SHA512}. It was "
            "refused: ask whoever runs your npm registry what it changed"
        )
    return tarball


def _unpack(tarball: bytes, folder: Path) -> None:
    """Write the files that pages may ask for into `folder`, without the source maps."""
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(tarball)) as package:
        for member in package:
            served, content = SERVED.fullmatch(member.name), package.extractfile(member)
            if served and content:
                (folder / served[1]).write_bytes(content.read())


def _why(error: Exception) -> str:
    """What went wrong, without npm's page of advice."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"npm did not bring Thebe within {SECONDS:.0f} s"
    if isinstance(error, subprocess.CalledProcessError):
        said = error.stderr.decode(errors="replace").strip().splitlines()
        return f"npm could not bring Thebe ({said[0] if said else f'status {error.returncode}'})"
    return str(error)
