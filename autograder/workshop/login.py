"""Logging in with what stands on a card."""

import asyncio
import os
from pathlib import Path
from typing import Any

from jupyter_server.auth.security import passwd, passwd_check
from jupyterhub.auth import Authenticator
from traitlets import Unicode

from autograder.workshop.cards import read_hashes

_AT_ONCE = asyncio.Semaphore(2)  # a hash takes a tenth of a second on purpose


class CardAuthenticator(Authenticator):
    """Compares with the hash that was kept when the card was printed."""

    passwords = Unicode(config=True, help="The file of hashes, {user: hash}.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._nobodys = passwd(os.urandom(16).hex())

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """The user whose password it is; as slow for a name that nobody has."""
        user = data["username"]
        # Read anew: `up --new-card` takes effect without a restart.
        hashed = read_hashes(Path(self.passwords)).get(user, self._nobodys)
        async with _AT_ONCE:
            right = await asyncio.to_thread(passwd_check, hashed, data["password"].strip())
        return user if right and user in self.allowed_users else None
