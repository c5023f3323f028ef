"""How much one learner may say: so many at once, then so many a second."""

A_SECOND = 2.0
AT_ONCE = 100.0


class Rates:
    """A bucket a user, which fills with time. What is paid for out of it is a push or a try."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, float]] = {}

    def allow(self, user: str, cost: float, now: float) -> bool:
        """Whether `user` may spend `cost` at `now` (seconds, of any clock that only rises)."""
        left, at = self._known.get(user, (AT_ONCE, now))
        left = min(AT_ONCE, left + (now - at) * A_SECOND)
        enough = left >= cost
        self._known[user] = (left - cost * enough, now)
        return enough
