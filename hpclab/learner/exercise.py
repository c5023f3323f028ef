"""`hpclab start` and `hpclab reset`: an exercise for an editor, and a fresh one again."""

from pathlib import Path
from typing import Any

from hpclab.cells import mark, read_notebook
from hpclab.errors import HpclabError, unknown
from hpclab.learner.folder import exercises_in
from hpclab.learner.pair import Pair
from hpclab.learner.progress import Progress
from hpclab.learner.terminal import passed_tasks, tasks_of


def start(folder: Path, slug: str) -> list[str]:
    """Lay the script of an exercise, or go on with the one that is there; what to do next."""
    tasks, pair = tasks_of(folder, slug), Pair(folder, slug)
    passed = passed_tasks(Progress(folder).events(), slug)
    task = next((task for task in tasks if task not in passed), tasks[0])
    again = pair.script.exists()
    pair.start()
    notes = pair.sync().notes
    Progress(folder).record("start", lesson=slug)
    return [
        *notes,
        f"{'Go on in' if again else 'Open'} {pair.script} with your editor; each answer goes below "
        f'its head, such as `# %% task="{task}"`.',
        f"Beside it, run `hpclab watch {slug}`: it checks again whenever you save.",
        f"Stuck? `hpclab hint {slug} {task}`. JupyterLab shows the same work as {slug}.ipynb.",
    ]


def reset(folder: Path, slug: str, task: str | None, release: Path) -> list[str]:
    """Put the course's fresh notebook in place, or one task's cell; sentences on what was kept.

    `release` is the course's folder of fresh exercises.
    """
    if slug not in exercises_in(release):
        raise unknown("exercise", slug, exercises_in(release))
    fresh = read_notebook(release / slug / f"{slug}.ipynb")
    pair, notes = Pair(folder, slug), []
    if task:
        if task not in _tasks(fresh):
            raise unknown("task", task, _tasks(fresh))
        notes = pair.sync(forgive=[task]).notes
        notebook = _with_task(read_notebook(pair.notebook), fresh, task)
        kept = pair.put(notebook)
    else:
        kept = pair.put(fresh)
    Progress(folder).record("reset", lesson=slug, **({"task": task} if task else {}))
    what = f"The cell of `{task}`" if task else f"The exercise {slug}"
    if not kept:
        return [*notes, f"{what} was as the course has it; nothing was changed."]
    names = " and ".join(path.name for path in kept)
    return [*notes, f"{what} is as the course has it. Your work is kept in {pair.notebook.parent}: "
                    f"{names}."]  # fmt: skip


def _tasks(notebook: dict[str, Any]) -> list[str]:
    return [mark(cell)["grade_id"] for cell in notebook["cells"] if mark(cell).get("solution")]


def _with_task(notebook: dict[str, Any], fresh: dict[str, Any], task: str) -> dict[str, Any]:
    """The learner's notebook with the fresh cell of one task."""
    names = [mark(cell).get("grade_id") for cell in fresh["cells"]]
    new = fresh["cells"][names.index(task)]
    mine = [mark(cell).get("grade_id") for cell in notebook["cells"]]
    if task not in mine:
        raise HpclabError(
            f"The notebook has lost the cell of `{task}`. `hpclab reset` without a task brings "
            "everything back, and keeps your work beside it."
        )
    cells = [new if name == task else cell
             for name, cell in zip(mine, notebook["cells"], strict=True)]  # fmt: skip
    return {**notebook, "cells": cells}
