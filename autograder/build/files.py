"""Writing what is generated: beside, then renamed, so that nothing stands half-written."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write_text(path: Path, text: str) -> bool:
    """Write `text` where it differs from what stands there; say whether it did."""
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def replace_folder(new: Path, old: Path) -> bool:
    """Put folder `new` in the place of `old`, unless their files are the same, byte for byte."""
    if old.is_dir() and contents(new) == contents(old):
        shutil.rmtree(new)
        return False
    aside = old.with_name(f".{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    old.parent.mkdir(parents=True, exist_ok=True)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)
    return True


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their relative paths; none where it is not there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@contextmanager
def alone_in(folder: Path, log: Callable[[str], None]) -> Iterator[None]:
    """Hold `folder` while building in it; wait for whoever does so already. Not on Windows."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".building", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(f"Another build is at work in {folder}: waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
