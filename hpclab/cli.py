"""The `hpclab` command: what a learner runs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hpclab.console import run_app
from hpclab.course import find_root
from hpclab.errors import HpclabError, unknown

app = typer.Typer(
    help="Learn to parallelise.", no_args_is_help=True, pretty_exceptions_enable=False
)
console = Console()
Dir = Annotated[Path | None, typer.Option("--dir", help="Your folder; by default ~/hpclab.")]
Slug = Annotated[str, typer.Argument(help="The lesson's short name, such as vectorise.")]


def _built() -> Path:
    return find_root() / "_build"


@app.command()
def learn(
    folder: Dir = None,
    port: Annotated[int, typer.Option(help="The port; if it is busy, the next free one.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Prepare your folder and open the book and the exercises in the browser."""
    from hpclab.learner.folder import DEFAULT, lay_solutions, prepare
    from hpclab.server.serve import serve

    built = _built()
    release = built / "course" / "release"
    if not release.is_dir() or not (built / "book" / "html").is_dir():
        raise HpclabError(
            f"The course in {built.parent} is not built yet. Run `autograder build` there, or "
            "`scripts/learn`, which builds and starts it."
        )
    folder = (folder or DEFAULT).expanduser().resolve()
    for note in prepare(folder, release, built / "demos"):
        _say(note)
    lay_solutions(folder, built / "solutions")
    raise typer.Exit(serve(folder, built / "book" / "html", port, browser))


@app.command()
def check(
    slug: Slug,
    task: Annotated[str | None, typer.Argument(help="One task; without it, all.")] = None,
    folder: Dir = None,
) -> None:
    """Run an exercise's checks from the terminal; exit code 1 unless all pass."""
    from hpclab.learner.folder import find_folder
    from hpclab.learner.terminal import check_exercise
    from hpclab.verdicts import Verdict

    reports = check_exercise(find_folder(folder), slug, task)
    for report in reports:
        _say(repr(report))
    raise typer.Exit(any(report.verdict is not Verdict.PASSED for report in reports))


@app.command()
def hint(
    slug: Slug,
    task: Annotated[str, typer.Argument()],
    give_up: Annotated[bool, typer.Option("--give-up", help="Show the solution.")] = False,
    folder: Dir = None,
) -> None:
    """Show the next hint for a task; when it is passed or given up, the solution."""
    from hpclab.learner.folder import exercises_in, find_folder
    from hpclab.learner.hints import take_hint

    home = find_folder(folder)
    if slug not in exercises_in(home):
        raise unknown("exercise", slug, exercises_in(home))
    ask = f"hpclab hint {slug} {task}"
    _say(repr(take_hint(task, home / slug, ask=ask, end=f"{ask} --give-up", give_up=give_up)))


@app.command()
def submit(
    slug: Slug,
    to: Annotated[
        Path | None, typer.Option(help="A folder to submit to instead of nbgrader's exchange.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Wait so many seconds for the feedback.")
    ] = 0.0,
    folder: Dir = None,
) -> None:
    """Hand an exercise in."""
    from hpclab.learner.feedback import feedback as fetch
    from hpclab.learner.folder import find_folder
    from hpclab.learner.submit import submit as hand_in

    home, config = find_folder(folder), _built() / "course" / "nbgrader_config.py"
    _say(hand_in(home, slug, to, config))
    if wait and not to:
        try:
            _say(fetch(home, slug, config, wait))
        except HpclabError as error:  # it is handed in all the same
            _say(str(error))


@app.command()
def feedback(
    slug: Slug,
    wait: Annotated[float, typer.Option(min=0, help="Wait so many seconds for it.")] = 0.0,
    folder: Dir = None,
) -> None:
    """Fetch the feedback on what you handed in to the exchange."""
    from hpclab.learner.feedback import feedback as fetch
    from hpclab.learner.folder import find_folder

    _say(fetch(find_folder(folder), slug, _built() / "course" / "nbgrader_config.py", wait))


@app.command()
def doctor() -> None:
    """Show what this machine has, and what each missing thing would unlock."""
    from hpclab.doctor import findings

    table = Table("", "found", "would unlock")
    for finding in findings(_built() / "book" / "html"):
        missing = "" if finding.found else finding.unlocks
        table.add_row(finding.name, finding.found or "missing", missing)
    console.print(table)


def _say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Entry point."""
    run_app(app)
