"""A learner's pass: their server says with it who pushes, and it opens nothing else.

A token of the hub would do too, but it opens the learner's server as well: whoever sat on the
wall's port while the wall is down would collect them. A pass is checked without asking the hub.
"""

import base64
import binascii
import hmac


def pass_for(key: str, user: str) -> str:
    """The pass of `user`; `key` is known to the hub and the wall only."""
    return hmac.new(key.encode(), f"wall:{user}".encode(), "sha256").hexdigest()


def address_for(key: str, user: str, port: int) -> str:
    """Where a server of `user` finds the wall: the value of HPCLAB_WALL."""
    return f"http://{user}:{pass_for(key, user)}@127.0.0.1:{port}/services/wall/"


def whose(key: str, header: str) -> str | None:
    """The user of an `Authorization: Basic` header with the right pass."""
    kind, _, said = header.partition(" ")
    try:
        user, _, given = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    right = pass_for(key, user).encode()
    return user if kind == "Basic" and hmac.compare_digest(right, given.encode()) else None
