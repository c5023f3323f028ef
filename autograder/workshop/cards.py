"""A random password a learner, printed as a sheet of cards; the hub keeps only a hash."""

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from pathlib import Path

from jupyter_server.auth.security import passwd

from autograder.workshop.place import Place, write_private
from autograder.workshop.roster import Person

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
_GROUPS = 3  # of four: 59 bits

_PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Cards: {title}</title>
<style>
body {{ font: 12pt/1.4 sans-serif; margin: 1cm; color: #000; background: #fff; }}
ul {{ display: grid; grid-template-columns: repeat(2, 1fr); gap: 0; padding: 0; list-style: none; }}
li {{ border: 1px dashed #666; padding: .5cm; break-inside: avoid; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0 .5em; margin: .3em 0 0; }}
dd {{ margin: 0; font-family: monospace; font-weight: bold; overflow-wrap: anywhere; }}
h2 {{ font-size: 1em; margin: 0; }}
@media print {{ .note {{ display: none; }} }}
</style>
</head>
<body>
<p class="note">Made on {now}. Print this page, cut it, and delete the file: the passwords stand
nowhere else.</p>
<ul>
{cards}
</ul>
</body>
</html>
"""
_CARD = """<li><h2>{name}</h2>
<dl><dt>Page</dt><dd>{url}</dd><dt>User</dt><dd>{user}</dd><dt>Password</dt><dd>{password}</dd></dl>
</li>"""


def new_password() -> str:
    """Three groups of four letters and digits, to be typed from paper."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))
    return "-".join(groups)


def draw_passwords(place: Place, people: Iterable[Person], again: Iterable[str]) -> dict[str, str]:
    """A new password for each who has none, or is named in `again`: `{user: password}`."""
    known, again = read_hashes(place.passwords), set(again)
    users = (person.user for person in people)
    return {user: new_password() for user in users if user not in known or user in again}


def keep_hashes(place: Place, people: Iterable[Person], new: Mapping[str, str]) -> None:
    """Keep what a login is compared with; who left the roster loses theirs."""
    known = read_hashes(place.passwords)
    hashes = {one.user: known[one.user] for one in people if one.user in known}
    hashes |= {user: passwd(password) for user, password in new.items()}
    write_private(place.passwords, json.dumps(hashes, indent=1))


def read_hashes(path: Path) -> dict[str, str]:
    """`{user: hash}`; none where there is no file yet."""
    if not path.is_file():
        return {}
    hashes: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return hashes


def write_cards(
    place: Place, people: Iterable[Person], passwords: Mapping[str, str], url: str, title: str
) -> Path:
    """A page of cards, for the instructor alone; never over a sheet that is not printed yet."""
    cards = [
        _CARD.format(
            name=escape(person.name or person.user), url=escape(url), user=escape(person.user),
            password=escape(passwords[person.user]),
        )
        for person in people
        if person.user in passwords
    ]  # fmt: skip
    now = f"{datetime.now():%Y-%m-%d %H:%M}"
    names = ("cards.html", *(f"cards-{number}.html" for number in range(2, 1000)))
    path = next(place.root / name for name in names if not (place.root / name).exists())
    write_private(path, _PAGE.format(title=escape(title), cards="\n".join(cards), now=now))
    return path
