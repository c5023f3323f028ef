"""Run a command line so that every failure is one sentence and an exit code."""

import errno
import os
import sys

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
        sentence = _SENTENCES.get(error.errno or 0, os.strerror(error.errno) if error.errno else "")
        print(f"{error.filename or 'The operation'}: {sentence or error}", file=sys.stderr)
        sys.exit(1)
