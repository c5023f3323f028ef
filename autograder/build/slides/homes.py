"""Which slide a note or a figure speaks of: the one that shares the most telling words with it.

Words count the more the fewer slides have them (tf-idf, cosine of the angle between two texts).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"[^\W\d_][\w.]*\w|\d[\d.,]*\d")
TITLE = 3  # words of a title count as if they stood there so often
LEAST = 0.06  # below that, nothing is shared but small words

Vector = dict[str, float]


class Homes:
    """Places in the order of the deck, each with its title and its text."""

    def __init__(self, places: Sequence[tuple[str, str]]) -> None:
        counts = [_count(text) + _count(title, TITLE) for title, text in places]
        known = Counter(word for count in counts for word in count)
        self._rare = {word: math.log(1 + len(places) / many) for word, many in known.items()}
        self._vectors = [self._vector(count) for count in counts]

    def likeness(self, text: str) -> list[float]:
        """How much of `text` each place speaks of, from 0 to 1."""
        mine = self._vector(_count(text))
        return [sum(mine.get(w, 0) * there for w, there in v.items()) for v in self._vectors]

    def best(self, text: str) -> int | None:
        """The place of `text`, or None where no place speaks of it."""
        found = self.likeness(text)
        at = max(range(len(found)), key=found.__getitem__)
        return at if found[at] >= LEAST else None

    def in_order(self, texts: Sequence[str]) -> list[int]:
        """The places of texts that follow each other as the places do: none goes back."""
        best = [0.0] * len(self._vectors)
        steps: list[list[int]] = []
        for text in texts:
            so_far, likeness = 0, self.likeness(text)
            came: list[int] = []
            scores: list[float] = []
            for at in range(len(best)):
                so_far = at if best[at] > best[so_far] else so_far
                came.append(so_far)
                scores.append(best[so_far] + likeness[at])
            best, steps = scores, [*steps, came]
        at = max(range(len(best)), key=best.__getitem__)
        path = []
        for came in reversed(steps):
            path.append(at)
            at = came[at]
        return path[::-1]

    def _vector(self, count: Counter[str]) -> Vector:
        weights = {w: (1 + math.log(n)) * self._rare.get(w, 0) for w, n in count.items()}
        length = math.hypot(*weights.values()) or 1
        return {word: weight / length for word, weight in weights.items() if weight}


def _count(text: str, times: int = 1) -> Counter[str]:
    found = Counter(_stem(word) for word in WORD.findall(text.lower()))
    return Counter({word: times * many for word, many in found.items()})


def _stem(word: str) -> str:
    """Without the endings that most often part two forms of one English word."""
    return re.sub(r"(?:ing|ed|es|s)$", "", word) if len(word) > 4 else word
