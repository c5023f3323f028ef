"""The wall over HTTP, as the hub starts it: who may look, who may push, and what is kept."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.workshop.wall.journal import Journal
from autograder.workshop.wall.passes import pass_for, whose
from tests.unit.walls import PREFIX, Running, lay, lay_people, tried


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with closing(Running(lay(tmp_path_factory.mktemp("wall") / "room"))) as running:
        yield running


def forget(wall: Running) -> None:
    """An empty journal, and a wall that has read it."""
    (wall.place.wall_state / "events.jsonl").unlink(missing_ok=True)
    kill_inner(wall)


def kill_inner(wall: Running) -> None:
    (inner,) = wall.keeper.children()
    inner.send_signal(signal.SIGKILL)
    inner.wait(60)  # until its keeper has taken note
    wall.wait()


@pytest.mark.parametrize("path", ["api/wall", "api/events", "api/people"])
@pytest.mark.parametrize("token", ["", "adas", "nobodys"])
def test_only_instructors_look(wall: Running, path: str, token: str) -> None:
    assert wall.push("ada", tries=[tried("failed", right="failed")])[0] == 200
    for headers in (wall.as_browser(token), {"Authorization": f"token {token or 'tinas'}"},
                    wall.as_server("ada"), {"Cookie": "service-wall=tinas"}):  # fmt: skip
        status, text = wall.ask("GET", path, headers=headers)
        assert status == 403, text
        assert "one" not in text


def test_the_page_sends_to_the_hubs_login_and_a_learner_away(wall: Running) -> None:
    assert wall.ask("GET", "")[0] == 302
    assert wall.ask("GET", "", headers=wall.as_browser("adas"))[0] == 403
    status, text = wall.ask("GET", "", headers=wall.as_browser("tinas"))
    assert status == 200
    assert 'src="page/wall.js"' in text
    for file in ("page/wall.js", "page/wall.css"):
        assert wall.ask("GET", file)[0] == 200


@pytest.mark.parametrize(
    "path", ["page/../wall.py", "page/%2e%2e/service.py", "page/wall.html", "page//etc/passwd",
             "page/wall.js/../../service.py", "../../etc/passwd", "state/events.jsonl"],
)  # fmt: skip
def test_no_path_leads_out(wall: Running, path: str) -> None:
    status, text = wall.ask("GET", path, headers=wall.as_browser("tinas"))
    assert status in (403, 404), text
    assert "import" not in text


def test_only_a_servers_own_pass_pushes(wall: Running) -> None:
    """CSRF: a cookie, even the instructor's, pushes nothing; nor does another's or no pass."""
    said = {"help": True}
    forged = wall.as_server("ada")["Authorization"].replace("Basic", "Bearer")
    for headers in ({}, wall.as_browser("tinas"), wall.as_browser("adas"),
                    {"Authorization": forged}, {"Authorization": "Basic xx"},
                    {"Authorization": "token tinas"}):  # fmt: skip
        assert wall.ask("POST", "api/push", said, headers)[0] == 403
    assert wall.ask("POST", "api/push", said, wall.as_server("mallory"))[0] == 404
    assert wall.ask("POST", "api/push", said, wall.as_server("tina"))[0] == 404
    assert wall.ask("GET", "api/push", headers=wall.as_server("ada"))[0] == 405
    assert whose("key", "") is None
    assert pass_for("key", "ada") != pass_for("key", "bob") != pass_for("other", "bob")


HOSTILE: list[Any] = [
    b"", b"{", b"\xff\xfe", b"[" * 5000, b"[]", b'{"end": NaN}', b'{"end": 1e999}', b'{"x": 1}',
    b'{"user": "bob", "help": true}', b'{"help": "<script>"}', b'{"tries": [1]}',
    json.dumps({"tries": [tried("failed")] * 21}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_refused_and_leaves_nothing(wall: Running, body: bytes) -> None:
    before = len(wall.journal)
    status, text = wall.ask("POST", "api/push", body, wall.as_server("bob"))
    assert status == 400, text
    assert len(wall.journal) == before
    assert wall.ask("POST", "api/push", b"x" * 40_000, wall.as_server("bob"))[0] >= 400
    assert wall.push("ada")[0] == 200


def test_a_learner_learns_only_of_themselves(wall: Running) -> None:
    status, text = wall.push("bob", help=True)
    known = json.loads(text)
    assert status == 200
    assert set(known) == {"end", "help", "name", "pseudonym", "called"}
    assert known["help"] is True
    assert wall.push("bob", help=False)[0] == 200


def test_instructors_know_who_it_is_and_the_wall_does_not(wall: Running) -> None:
    assert wall.push("eve", tries=[tried("partial", right="passed", fast="failed")])[0] == 200
    for headers in (wall.as_browser("tinas"), wall.as_server("tina")):
        status, text = wall.ask("GET", "api/people", headers=headers)
        assert status == 200
        people = {one["user"]: one for one in json.loads(text)}
    assert set(people) == {"ada", "bob", "eve"}
    assert people["eve"]["name"] == "Eve <i>Real</i>"
    assert people["eve"]["verdict"] == "partial"
    seen = json.dumps(wall.view())
    assert people["eve"]["pseudonym"] in seen
    assert "Real" not in seen
    assert '"eve"' not in seen
    assert wall.push("eve", name=True)[0] == 200
    assert "Eve <i>Real</i>" in json.dumps(wall.view(), ensure_ascii=False)


def test_a_viewers_page_hears_of_a_push(wall: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", wall.port, timeout=60)
    connection.request("GET", PREFIX + "api/events", headers=wall.as_browser("tinas"))
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    first = json.loads(answer.readline().removeprefix(b"data: "))
    answer.readline()
    begin = time.monotonic()
    assert wall.push("ada", tries=[tried("passed", "two", right="passed")])[0] == 200
    second = json.loads(answer.readline().removeprefix(b"data: "))
    print(f"from push to event: {time.monotonic() - begin:.3f} s")
    connection.close()
    assert first != second
    assert second["lessons"][1]["tasks"][0]["counts"]["p"] == 1


def test_kill_9_loses_nothing(wall: Running) -> None:
    """Of the wall, and of its keeper; the port is never anybody else's while the keeper lives."""
    assert wall.push("ada", tries=[tried("failed", right="failed")], end=77, help=True)[0] == 200
    before = wall.view()
    kill_inner(wall)
    assert wall.view() == before
    assert json.loads(wall.push("ada")[1])["end"] == 77
    (inner,) = wall.keeper.children()
    wall.keeper.kill()
    wall.keeper.wait()
    psutil.wait_procs([inner], timeout=60)
    assert not inner.is_running(), "the wall ends with its keeper, as the keeper with the hub"
    with (wall.place.wall_state / "events.jsonl").open("a") as journal:
        journal.write('{"at": 1, "user": "ada", "event": "he')  # the power went
    wall.start()
    assert wall.view() == before
    assert wall.push("ada", help=False)[0] == 200
    kill_inner(wall)
    assert wall.view()["helping"] == before["helping"] - 1


def test_a_full_disk_is_said_and_nothing_counts_as_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl")
    real = os.write
    try:
        os.write = lambda handle, data: real(handle, data[:5])
        with pytest.raises(OSError, match="space"):
            journal.append([{"event": "lost"}])
    finally:
        os.write = real
    journal.append([{"event": "kept"}])
    assert [one["event"] for one in journal.events()] == ["kept"]


def test_a_flood_of_one_does_not_stop_the_others(wall: Running) -> None:
    forget(wall)
    stop, statuses = threading.Event(), list[int]()

    def flood() -> None:
        while not stop.is_set():
            statuses.append(wall.push("eve", tries=[tried("failed", right="failed")])[0])

    threads = [threading.Thread(target=flood) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        while 429 not in statuses:
            time.sleep(0.05)
        for _ in range(5):
            assert wall.push("bob", tries=[tried("passed", right="passed")])[0] == 200
            assert wall.view()["on"] == 2
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200, 429}
    mine = [one for one in wall.journal if one.get("user") == "eve"]
    assert len(mine) == statuses.count(200) + 1  # and the pseudonym


def test_the_course_built_anew_and_a_longer_roster(wall: Running) -> None:
    """The first at once; the second with the wall's next start, which `up` sees to."""
    checks = wall.place.public / "course/release/two/checks.py"
    text = checks.read_text()
    checks.write_text(text.replace('"g"', '"h"').replace('"f"', '"g"'))
    said = json.loads(wall.push("bob", tries=[tried("failed", "two", "f")], end=5)[1])
    assert said["end"] == 0, "left out"
    said = json.loads(wall.push("bob", tries=[tried("failed", "two", "g")], end=6)[1])
    assert said["end"] == 6
    checks.write_text(text)
    lay_people(wall.place, 5)
    kill_inner(wall)
    assert wall.view()["of"] == 5
