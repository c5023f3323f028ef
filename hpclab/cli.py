"""The `hpclab` command: what a learner runs."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from hpclab.console import run_app, signals_as_interrupts
from hpclab.course import built
from hpclab.errors import HpclabError, unknown

if TYPE_CHECKING:
    from hpclab.learner.state import State

app = typer.Typer(
    help="Learn to parallelise.", no_args_is_help=True, pretty_exceptions_enable=False
)
progress_app = typer.Typer(help="Where you stand, and what is kept about you.")
app.add_typer(progress_app, name="progress")
console = Console()
Dir = Annotated[Path | None, typer.Option("--dir", help="Your folder; by default ~/hpclab.")]
Slug = Annotated[str, typer.Argument(help="The lesson's short name, such as vectorise.")]
Task = Annotated[str | None, typer.Argument(help="One task; without it, all.")]


@app.command()
def learn(
    folder: Dir = None,
    port: Annotated[int, typer.Option(help="The port; if it is busy, the next free one.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Prepare your folder and open the book and the exercises in the browser."""
    from hpclab.learner.folder import DEFAULT
    from hpclab.server.serve import serve

    book = built() / "book" / "html"
    if not book.is_dir():
        raise _not_built()
    folder = (folder or DEFAULT).expanduser().resolve()
    _prepare(folder)
    raise typer.Exit(serve(folder, book, port, browser))


@app.command("list")
def list_lessons(
    track: Annotated[str, typer.Option(help="Only the lessons of this track.")] = "",
    folder: Dir = None,
) -> None:
    """List the lessons: how far you are, and the minutes that are left."""
    from hpclab.learner.overview import lessons

    _say("\n".join(lessons(_state(folder), track)).strip())


@app.command()
def start(slug: Slug, folder: Dir = None) -> None:
    """Start an exercise, or go on with it, in an editor of your own: lays a script for it."""
    from hpclab.learner.exercise import start as begin
    from hpclab.learner.folder import choose_folder, exercises_in

    home = choose_folder(folder)
    if slug not in exercises_in(home):
        if slug not in exercises_in(_release()):
            raise unknown("exercise", slug, exercises_in(_release()))
        _prepare(home)
    _say("\n".join(begin(home, slug)))


@app.command()
def watch(slug: Slug, task: Task = None, folder: Dir = None) -> None:
    """Check an exercise again on each save, task after task, until Ctrl-C."""
    from hpclab.learner.folder import find_folder
    from hpclab.learner.watch import Watch

    with suppress(KeyboardInterrupt), signals_as_interrupts():
        Watch(find_folder(folder), slug, task, console.clear, _say).run()


@app.command()
def reset(slug: Slug, task: Task = None, folder: Dir = None) -> None:
    """Begin an exercise, or one task, afresh; your work is kept beside it."""
    from hpclab.learner.exercise import reset as begin_afresh
    from hpclab.learner.folder import find_folder

    _say("\n".join(begin_afresh(find_folder(folder), slug, task, _release())))


@app.command()
def check(
    slug: Slug,
    task: Task = None,
    folder: Dir = None,
) -> None:
    """Run an exercise's checks from the terminal; exit code 1 unless all pass."""
    from hpclab.learner.folder import find_folder
    from hpclab.learner.terminal import check_exercise
    from hpclab.verdicts import Verdict

    home = find_folder(folder)
    _sync(home, slug)
    reports = check_exercise(home, slug, task)
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

    home, config = find_folder(folder), built() / "course" / "nbgrader_config.py"
    _sync(home, slug)
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

    _say(fetch(find_folder(folder), slug, built() / "course" / "nbgrader_config.py", wait))


@app.command()
def doctor() -> None:
    """Show what this machine has, and what each missing thing would unlock."""
    from hpclab.doctor import findings

    table = Table("", "found", "would unlock")
    for finding in findings(built() / "book" / "html"):
        missing = "" if finding.found else finding.unlocks
        table.add_row(finding.name, finding.found or "missing", missing)
    console.print(table)


@progress_app.callback(invoke_without_command=True)
def progress(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    folder: Dir = None,
) -> None:
    """Show where you stand: what to go on with, tracks, last verdicts, predictions."""
    from hpclab.learner.overview import progress as shown
    from hpclab.learner.view import view

    if context.invoked_subcommand and (folder or as_json):
        raise HpclabError(f"Options go behind `{context.invoked_subcommand}`.")
    if context.invoked_subcommand is None:
        state = _state(folder)
        _say(json.dumps(view(state), indent=1) if as_json else "\n".join(shown(state)))


@progress_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file, such as me.zip.")], folder: Dir = None
) -> None:
    """Copy everything that is kept about you into one zip file."""
    from hpclab.learner.folder import find_folder
    from hpclab.learner.kept import export as copy

    _say(copy(find_folder(folder), file.expanduser()))


@progress_app.command()
def page(
    file: Annotated[Path, typer.Argument(help="A new file, such as me.html.")],
    name: Annotated[str, typer.Option(help="Your name, to stand on it.")] = "",
    folder: Dir = None,
) -> None:
    """Write a page to print of what you did, which says that it is unsigned."""
    from hpclab.learner.own_page import write_own_page

    _say(write_own_page(_state(folder), name, file.expanduser()))


@progress_app.command()
def erase(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, folder: Dir = None
) -> None:
    """Erase what is kept about you; your notebooks and scripts stay."""
    from hpclab.learner.folder import find_folder
    from hpclab.learner.kept import erase as forget

    home = find_folder(folder)
    if not yes and not typer.confirm(f"Erase your progress in {home}? It cannot be brought back."):
        raise HpclabError("Nothing was erased.")
    _say("\n".join(forget(home)))


def _release() -> Path:
    """The course's fresh exercises."""
    release = built() / "course" / "release"
    if not release.is_dir():
        raise _not_built()
    return release


def _not_built() -> HpclabError:
    return HpclabError(
        f"The course in {built().parent} is not built yet. Run `autograder build` there, or "
        "`scripts/learn`, which builds and starts it."
    )


def _prepare(folder: Path) -> None:
    """Lay what the course has into a learner's folder."""
    from hpclab.learner.folder import lay_solutions, prepare
    from hpclab.learner.pair import sync_all

    for note in [*sync_all(folder), *prepare(folder, _release(), built() / "demos")]:
        _say(note)
    lay_solutions(folder, built() / "solutions")


def _sync(folder: Path, slug: str) -> None:
    """Bring what is newer, notebook or script, into the other."""
    from hpclab.learner.pair import Pair

    for note in Pair(folder, slug).sync().notes:
        _say(note)


def _state(folder: Path | None) -> "State":
    """Where the learner stands; without a folder yet, at the beginning."""
    from hpclab.learner.folder import choose_folder, find_folder
    from hpclab.learner.progress import Progress
    from hpclab.learner.state import fold
    from hpclab.outline import Outline

    home = find_folder(folder) if folder else choose_folder()
    return fold(Progress(home).events(), Outline.load(built() / "book" / "html"))


def _say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Entry point."""
    run_app(app)
