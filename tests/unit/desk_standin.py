"""A Jupyter Server with the desk, whose commands are a stand-in that does as it is told."""

import sys
import time

WORDS = "<b>said</b>"


def standin(words: list[str]) -> int:
    """`autograder`, for the desk's tests: `note` has a text that says what to do."""
    print("ran", *words, flush=True)
    if words[:2] == ["workshop", "note"]:
        if "fail" in words[-1]:
            print(f"\x1b[31m{WORDS}\x1b[0m: there is no such thing", file=sys.stderr)
            return 1
        if "slow" in words[-1]:
            time.sleep(60)
    return 3 if words[0] == "grade" else 0


def serve() -> None:
    """The server; its arguments are the command line's."""
    from jupyter_server.serverapp import ServerApp

    from autograder.workshop.desk import desk

    desk.command_line = lambda: [sys.executable, __file__, "standin"]
    ServerApp.launch_instance()


if __name__ == "__main__":
    if sys.argv[1:2] == ["standin"]:
        sys.exit(standin(sys.argv[2:]))
    serve()
