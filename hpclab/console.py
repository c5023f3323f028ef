"""Run a command line so that every failure is one sentence and an exit code."""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from hpclab.errors import HpclabError

_SENTENCES = {
    errno.ENOSPC: "The disk is full. Free some space and run the command again.",
    errno.EDQUOT: "Your disk quota is used up. Free some space and run the command again.",
    errno.EEXIST: "A file stands where a folder is needed. Choose another folder.",
    errno.ENOTDIR: "A file stands where a folder is needed. Choose another folder.",
    errno.EROFS: "The disk is read-only. Choose a folder that can be written to.",
    errno.EACCES: "That may not be read or written by you. Mend its permissions, or choose "
    "another folder.",
    errno.EPERM: "That may not be changed by you. Choose another folder.",
}


def run_app(app: typer.Typer) -> None:
    """Run `app`; a mistake the user can mend is one sentence on stderr and exit code 1."""
    try:
        app()
    except HpclabError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(sentence(error), file=sys.stderr)
        sys.exit(1)


def sentence(error: Exception) -> str:
    """What went wrong and what to do, of a mistake that the user can mend."""
    if not isinstance(error, OSError):
        return str(error)
    reason = _SENTENCES.get(error.errno or 0, os.strerror(error.errno) if error.errno else "")
    return f"{error.filename or 'The operation'}: {reason or error}"


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """A closed terminal or `kill` ends us as Ctrl-C does."""
    names = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {name: signal.signal(name, signal.default_int_handler) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
