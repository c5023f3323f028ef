"""`python -m hpclab.server.single`: a learner's server on a Hub, as the learner.

Prepares their folder as `hpclab learn` does, then becomes JupyterHub's single-user server.
"""

import os
import sys
from pathlib import Path

from hpclab.console import sentence
from hpclab.course import built
from hpclab.learner.folder import DEFAULT, prepare
from hpclab.learner.pair import sync_all
from hpclab.server.serve import lab_settings


def main() -> None:
    """Prepare and start; the arguments are JupyterHub's."""
    folder, course = DEFAULT.expanduser(), built()
    release, demos = course / "course" / "release", course / "demos"
    try:
        notes = [*sync_all(folder), *prepare(folder, release, demos)]
    except OSError as error:  # a full home: who cannot get in cannot make room
        notes = [f"{folder} was not brought up to date: {sentence(error)}"]
    for note in notes:
        print(note, flush=True)
    folder.chmod(0o700)
    settings = {**lab_settings(folder), "ServerApp.root_dir": folder}
    settings["ServerApp.no_browser_open_file"] = True  # one thing less that a full home refuses
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "jupyterhub.singleuser", *sys.argv[1:], *options]
    os.chdir(Path.home())
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
