"""Coroutines in tests that are no coroutines themselves."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, also in a thread where Playwright's loop waits.

    Its sync API leaves that marked as running for as long as a browser of the session is open.
    """
    waiting = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return asyncio.run(coroutine)
    finally:
        asyncio._set_running_loop(waiting)
