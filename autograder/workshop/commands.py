"""The commands that run a room: `autograder workshop up`, `status`, `down` and the rest."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder.workshop import day
from hpclab.errors import HpclabError

if TYPE_CHECKING:
    from autograder.workshop.place import Place

app = typer.Typer(help="Run a room: JupyterHub with a private server for each learner.")
console = Console()
Dir = Annotated[Path, typer.Option("--dir", help="The folder that holds the workshop.")]
DEFAULT = Path("workshop")
for command in (day.release, day.note, day.plan, day.collect, day.feedback):
    app.command()(command)


@app.command()
def up(
    roster: Annotated[Path, typer.Option(help="CSV: user and, if wanted, name, email, role.")],
    folder: Dir = DEFAULT,
    ip: Annotated[str, typer.Option(help="0.0.0.0 lets the room in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port of the door.")] = 8000,
    url: Annotated[
        str,
        typer.Option(help="What learners type, on the cards; by default this machine's address."),
    ] = "",
    https_cert: Annotated[Path | None, typer.Option(help="The certificate, PEM.")] = None,
    https_key: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Let passwords cross the network in the clear.")
    ] = False,
    prefix: Annotated[str, typer.Option(help="Before each user's name.")] = "",
    existing_accounts: Annotated[
        bool, typer.Option("--existing-accounts", help="Use accounts that are there already.")
    ] = False,
    cores: Annotated[
        int | None, typer.Option(min=1, help="A learner's cores; by default their share.")
    ] = None,
    memory: Annotated[
        float | None, typer.Option(min=0.5, help="GiB a process; by default their share.")
    ] = None,
    new_card: Annotated[
        list[str] | None, typer.Option(help="Give this user another password.")
    ] = None,
    hold: Annotated[
        bool | None,
        typer.Option(help="Keep exercises back until you release them; by default as before."),
    ] = None,
) -> None:
    """Bring the room up: accounts, cards, hub, proxy, exchange. Again: mends what is broken."""
    from autograder.workshop.up import Asked
    from autograder.workshop.up import up as bring_up

    asked = Asked(
        roster, ip, port, https_cert, https_key, plain_http, prefix, existing_accounts, cores,
        memory, new_card or [], url, hold,
    )  # fmt: skip
    bring_up(_place(folder), asked, _say)


@app.command()
def status(
    folder: Dir = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Show who is in, what they use and what is wrong; exit code 1 when something is."""
    from autograder.workshop.running import Room
    from autograder.workshop.status import document, look, show

    place = _as_root(folder)
    found = look(Room(place, place.load()))
    if as_json:
        print(json.dumps(document(found), indent=1))
    else:
        show(console, found)
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def archive(
    file: Annotated[Path, typer.Argument(help="The file to write: .tar or .tar.gz.")],
    folder: Dir = DEFAULT,
) -> None:
    """Write one tar of all work, submissions and the gradebook; no passwords."""
    from autograder.workshop.archive import archive as write

    place = _as_root(folder)
    write(place, place.load(), file, _say)


@app.command()
def papers(
    out: Annotated[Path, typer.Option(help="A folder for the files, made for you alone.")],
    folder: Dir = DEFAULT,
) -> None:
    """Write attendance, surveys, deadlines and marks as CSV files."""
    from autograder.workshop.papers import papers as write

    place = _as_root(folder)
    write(place, place.load(), out.expanduser().absolute(), _say)


@app.command()
def down(folder: Dir = DEFAULT) -> None:
    """Stop everything; accounts, work, submissions and gradebook stay."""
    from autograder.workshop.place import alone
    from autograder.workshop.running import Room

    place = _as_root(folder)
    settings = place.load()
    with alone(place):
        left = Room(place, settings).end()
    if left:
        raise HpclabError("\n".join(["These could not be ended:", *left]))
    _say(f"Everything is stopped; all work is kept in {place.root}.")


def _place(folder: Path) -> "Place":
    from autograder.workshop.place import Place

    return Place(folder.expanduser().resolve())


def _as_root(folder: Path) -> "Place":
    if os.geteuid() != 0:
        raise HpclabError("A workshop belongs to root, who started it. Run this with sudo.")
    return _place(folder)


def _say(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
