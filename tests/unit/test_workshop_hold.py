"""Exercises that wait for the instructor: what `up` releases, and into whose folder."""

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.workshop import lay, up
from autograder.workshop.hand import put_out
from autograder.workshop.place import Place
from hpclab.errors import HpclabError
from tests.unit.test_workshop import ASKED, room_of
from tests.unit.test_workshop import place as place


def test_an_exercise_that_is_held_stays_in_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lay, "release", lambda course, slug: None)
    course, exchange = tmp_path / "course", tmp_path / "exchange"
    exchange.mkdir()
    for slug in ("one", "two"):
        (course / "release" / slug).mkdir(parents=True)
        (course / "release" / slug / "notebook.ipynb").write_text("first")
    outbound = exchange / "outbound"
    lay.hand_out(course, exchange, ["one", "two"], hold=True)
    assert list(outbound.iterdir()) == []
    put_out(course / "release" / "two", exchange)
    (course / "release" / "two" / "notebook.ipynb").write_text("mended")
    lay.hand_out(course, exchange, ["one", "two"], hold=True)
    assert [path.name for path in outbound.iterdir()] == ["two"]
    assert (outbound / "two" / "notebook.ipynb").read_text() == "mended"
    lay.hand_out(course, exchange, ["one", "two"], hold=False)
    assert sorted(path.name for path in outbound.iterdir()) == ["one", "two"]


def test_up_holds_as_before_unless_told(place: Place) -> None:
    assert not up._held(place, ASKED)
    assert up._held(place, replace(ASKED, hold=True))
    settings = room_of(place).settings.model_copy(update={"hold": True})
    place.settings_file.write_text(settings.model_dump_json())
    assert up._held(place, ASKED)
    assert not up._held(place, replace(ASKED, hold=False))


def test_somebody_elses_folder_is_no_exchange(place: Place) -> None:
    """Learners can make folders in the exchange: one with the course's name is not taken."""
    me = pwd.getpwuid(os.getuid())
    fields = [*me]
    fields[2] += 1
    other = type(me)(fields)
    up._own_folder(place.exchange / "mini", me, 0o755)
    up._own_folder(place.exchange / "mini", me, 0o755)
    with pytest.raises(HpclabError, match="belongs to another"):
        up._own_folder(place.exchange / "mini", other, 0o755)
    (place.exchange / "link").symlink_to(place.exchange / "mini")
    with pytest.raises(HpclabError, match="belongs to another"):
        up._own_folder(place.exchange / "link", me, 0o755)
