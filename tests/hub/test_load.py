"""Twelve learners at once; how fast it was is printed, and decides nothing."""

from tests.hub.load import put_under_load
from tests.hub.room import Room, events

SECONDS = 15.0


def test_twelve_learners_at_once(room: Room) -> None:
    names = room.names[:12]
    load = put_under_load(room, names, SECONDS)
    print("\n".join(load.lines()))
    assert load.errors == []
    assert len(load.took["start of a server"]) == 12
    assert set(load.memory) == {room.user(name) for name in names}
    for name in names:  # each event is in its own learner's file, and in no other
        assert any(event["event"] in ("read", "try") for event in events(room, name)), name
    for name in names:
        client = room.client(name)
        client.log_in()
        stopped = client.http.delete(
            f"/hub/api/users/{client.user}/server", headers={"X-XSRFToken": client.xsrf("/hub")}
        )
        assert stopped.status_code in (202, 204), stopped.text
