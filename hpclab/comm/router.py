"""What messages cost and who waits for whom: the books of a run, apart from any process.

The parent of the ranks keeps them, so that a rank can neither forge a count nor hide a wait.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

from hpclab.comm.tags import LARGEST_TAG, tag_text

_OVERHEAD = 1000  # bytes that a queued message takes beside its data, roughly


@dataclass
class Message:
    """A message on its way, and when its sender was ready for it."""

    source: int
    dest: int
    tag: int
    tree: Any
    data: bytearray  # the bytes of its arrays, as `tree` tells
    bytes: int
    ready: float = 0.0  # the sender's clock when it sent, s
    depth: int = 0  # and its steps
    start: float = 0.0
    end: float = 0.0


@dataclass
class Wait:
    """What keeps a rank from going on: a message to be taken, a message to come, or both."""

    ready: float
    depth: int
    sending: Message | None
    source: int | None
    tag: int
    received: Message | None = None

    @property
    def over(self) -> bool:
        """Nothing keeps the rank any more."""
        return self.sending is None and self.source is None


class Router:
    """Queues, counts and virtual clocks of `size` ranks.

    Clocks follow Hockney (1994): a message of n bytes takes alpha + n beta seconds.

    - Buffered: that time passes on the sender's clock; the message arrives when it is over, and
      the receiver goes on at max(its own clock, arrival). Receiving costs nothing of its own.
    - Synchronous: the message starts at max(sender's clock, receiver's clock) and that time passes
      for both.

    Steps are the same clock with alpha = 1, beta = 0 and no work, hence Lamport's (1978): the
    length of the longest chain of messages in which each one leaves a rank that had, before it,
    sent or received the one before.
    """

    def __init__(self, size: int, alpha: float, beta: float, synchronous: bool) -> None:
        self.size, self.alpha, self.beta, self.synchronous = size, alpha, beta, synchronous
        self.clock = [0.0] * size
        self.steps = [0] * size
        self.messages = [0] * size
        self.bytes = [0] * size
        self.collective = [0] * size  # of the messages, those of the library's collectives
        # (source, dest, bytes, start, end), the messages of one source in the order it sent them
        self.trace: list[tuple[int, int, int, float, float]] = []
        self.waits: dict[int, Wait] = {}
        self.ended: dict[int, str] = {}  # rank -> how, as the end of a sentence
        self.held = 0  # bytes, about, of what nobody has received yet
        self._queues: dict[tuple[int, int, int], deque[Message]] = {}

    def work(self, rank: int, seconds: float) -> None:
        """Let `seconds` pass on the clock of `rank`."""
        self.clock[rank] += seconds

    def post(
        self, rank: int, message: Message | None = None, source: int | None = None, tag: int = 0
    ) -> list[tuple[int, Message | None]]:
        """Let `rank` send `message`, or receive from `source`, or both at once.

        The ranks that may now go on, each with what it received.
        """
        waiting = message if self.synchronous else None
        wait = Wait(self.clock[rank], self.steps[rank], waiting, source, tag)
        if not wait.over:
            self.waits[rank] = wait
        if message:
            self._send(message)
            self._match(message.dest)
        self._match(rank)
        touched = {rank, message.dest if message else rank, rank if source is None else source}
        free = [r for r in sorted(touched) if r in self.waits and self.waits[r].over]
        return [(r, self.waits.pop(r).received) for r in free]

    def _send(self, message: Message) -> None:
        source = message.source
        self.messages[source] += 1
        self.bytes[source] += message.bytes
        self.collective[source] += message.tag > LARGEST_TAG
        self.held += message.bytes + _OVERHEAD
        message.ready, message.depth = self.clock[source], self.steps[source]
        self._queues.setdefault((source, message.dest, message.tag), deque()).append(message)
        if not self.synchronous:
            self._transfer(message, message.ready, message.depth)

    def _transfer(self, message: Message, start: float, depth: int) -> None:
        """Let the time of a message pass on its sender's clock."""
        message.start, message.end = start, start + self.alpha + message.bytes * self.beta
        message.depth = depth + 1
        self.trace.append((message.source, message.dest, message.bytes, message.start, message.end))
        self._advance(message.source, message)

    def _advance(self, rank: int, message: Message) -> None:
        self.clock[rank] = max(self.clock[rank], message.end)
        self.steps[rank] = max(self.steps[rank], message.depth)

    def _match(self, rank: int) -> None:
        """Hand over the message that `rank` waits for, if it is there."""
        wait = self.waits.get(rank)
        if wait is None or wait.source is None:
            return
        queue = self._queues.get((wait.source, rank, wait.tag))
        if not queue:
            return
        message = queue.popleft()
        self.held -= message.bytes + _OVERHEAD
        if self.synchronous:
            start, depth = max(message.ready, wait.ready), max(message.depth, wait.depth)
            self._transfer(message, start, depth)
            if message.source in self.waits:  # else it has failed meanwhile
                self.waits[message.source].sending = None
        self._advance(rank, message)
        wait.received, wait.source = message, None

    @property
    def running(self) -> list[int]:
        """The ranks that have neither ended nor wait for anything."""
        return [r for r in range(self.size) if r not in self.ended and r not in self.waits]

    def unreceived(self) -> list[Message]:
        """The messages that nobody took, by sender."""
        left = [message for queue in self._queues.values() for message in queue]
        return sorted(left, key=lambda m: (m.source, m.dest, m.tag))

    def describe(self, rank: int) -> str:
        """What `rank` is doing, as a clause."""
        if rank in self.ended:
            return f"rank {rank} {self.ended[rank]}"
        wait = self.waits.get(rank)
        if wait is None:
            return f"rank {rank} is still computing"
        parts = []
        if wait.sending:
            place = tag_text(wait.sending.tag)
            parts.append(f"until rank {wait.sending.dest} receives its message ({place})")
        if wait.source is not None:
            parts.append(f"for a message from rank {wait.source} ({tag_text(wait.tag)})")
        return f"rank {rank} waits {' and '.join(parts)}"

    def waits_for(self) -> dict[int, list[int]]:
        """Each waiting rank, and the ranks it waits for."""
        return {
            rank: sorted(
                {w.sending.dest if w.sending else -1, -1 if w.source is None else w.source} - {-1}
            )
            for rank, w in sorted(self.waits.items())
        }
