"""What is kept about a learner: `hpclab progress export` and `erase`. See PRIVACY.md."""

import shutil
import zipfile
from pathlib import Path

from hpclab.errors import HpclabError
from hpclab.learner.progress import STATE, Progress

_README = """\
What hpclab keeps about you, copied from {folder}.

progress.jsonl   one line for each thing you did: tries, hints, answers, guesses, with their time
delivered.json   checksums of the files that the course laid into your folder

Not in here: your own work, which is beside the folder that this was copied from and in its folder
`replaced`; and what JupyterLab keeps for itself (the layout of its tabs, its log).
"""
_COPIED = ("progress.jsonl", "delivered.json")
_ERASED = {
    "workspaces": "the layout of JupyterLab's tabs",
    "server.log": "JupyterLab's log",
}


def export(folder: Path, to: Path) -> str:
    """Copy everything kept about a learner into one new zip file; a sentence that says where."""
    if to.exists():
        raise HpclabError(f"{to} is there already. Name a file that is not.")
    to.parent.mkdir(parents=True, exist_ok=True)
    ours = [folder / STATE / name for name in _COPIED]
    beside = to.with_name(f".{to.name}.part")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", _README.format(folder=folder / STATE))
            for path in ours:
                if path.is_file():
                    archive.writestr(path.name, path.read_bytes())
        beside.replace(to)
    finally:
        beside.unlink(missing_ok=True)
    return f"Everything that is kept about you is copied to {to}."


def erase(folder: Path) -> list[str]:
    """Erase what is kept about a learner, but no work of theirs; a sentence for each thing."""
    number = len(list(Progress(folder).events()))
    Progress(folder).erase()
    said = [f"Erased: your progress, {number} events in {folder / STATE / 'progress.jsonl'}."]
    for name, what in _ERASED.items():
        path = folder / STATE / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
        else:
            continue
        said.append(f"Erased: {what}, {path}.")
    return [
        *said,
        "Your notebooks and scripts are as they were, and so are the course's own files.",
    ]
