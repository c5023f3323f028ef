"""What a run of ranks comes to: what they returned and what it cost, or why it did not end."""

from dataclasses import dataclass
from typing import Any

from hpclab.comm.router import Message
from hpclab.comm.tags import tag_text
from hpclab.errors import HpclabError

# (source, dest, bytes, start, end), start and end in s of virtual time
Trace = list[tuple[int, int, int, float, float]]
Left = tuple[int, int, int, int]  # (source, dest, tag, bytes)


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run; every list has one entry for each rank.

    All counts are made by the parent of the ranks from what they really send, and are the same in
    every run, however busy the machine is.
    """

    results: list[Any]  # what the function returned
    messages: list[int]  # sent by the rank
    bytes: list[int]  # sent by the rank; see `hpclab.comm.weight.weigh` for what counts
    collective: list[int]  # of `messages`, those that the library's own collectives sent
    steps: list[int]  # the longest chain of dependent messages up to the rank's end
    time: list[float]  # s, the rank's virtual clock at its end
    trace: Trace  # every message, by start
    unreceived: list[Left]  # what nobody took
    printed: list[str]  # by the rank; nothing where ranks are threads
    how: str  # whether ranks were processes or threads

    @property
    def total_messages(self) -> int:
        """Messages sent by all ranks together."""
        return sum(self.messages)

    @property
    def total_bytes(self) -> int:
        """Bytes sent by all ranks together."""
        return sum(self.bytes)

    @property
    def rounds(self) -> int:
        """The longest chain of dependent messages of the whole run."""
        return max(self.steps)

    @property
    def makespan(self) -> float:
        """The virtual time of the rank that ends last, s."""
        return max(self.time)

    def __repr__(self) -> str:
        size = len(self.results)
        text = (
            f"{size} rank{'s' * (size > 1)} sent {self.total_messages:,} messages, "
            f"{self.total_bytes:,} bytes, in {self.rounds:,} rounds and "
            f"{self.makespan * 1e6:,.4g} µs of virtual time."
        )
        if self.unreceived:
            text += f" Never received: {_listed(self.unreceived)}."
        return text


class Deadlock(HpclabError):
    """Every rank that has not returned waits, and nothing that could wake one is on its way.

    `waits_for`: each waiting rank, and the ranks it waits for.
    """

    def __init__(
        self, states: list[str], waits_for: dict[int, list[int]], left: list[Left]
    ) -> None:
        self.waits_for = waits_for
        text = f"Deadlock, nobody can go on: {'; '.join(states)}."
        if left:
            text += f" Sent, but nobody asks for it: {_listed(left)}."
        super().__init__(text)


class RankFailed(HpclabError):
    """A rank raised, died, did not return, or wrote what is no message.

    `rank`; `exception`, the name of what it raised or ""; `traceback`, its text or "".
    """

    def __init__(self, rank: int, failure: "Failure", others: list[str]) -> None:
        self.rank, self.exception = rank, failure.exception
        self.traceback = failure.traceback
        text = f"Rank {rank} {failure.what.rstrip('.')}."
        if failure.advice:
            text += f" {failure.advice}"
        if others:
            text += f" The others: {'; '.join(others)}."
        super().__init__(text)


@dataclass
class Failure:
    """How a rank failed: `what` ends a sentence that starts with its number."""

    what: str
    advice: str = ""
    exception: str = ""
    traceback: str = ""


def left_over(messages: list[Message]) -> list[Left]:
    """Messages as (source, dest, tag, bytes)."""
    return [(m.source, m.dest, m.tag, m.bytes) for m in messages]


def _listed(left: list[Left]) -> str:
    shown = [
        f"rank {source} to rank {dest} ({tag_text(tag)}, {size:,} bytes)"
        for source, dest, tag, size in left[:5]
    ]
    more = f" and {len(left) - 5:,} more" if len(left) > 5 else ""
    return "; ".join(shown) + more
