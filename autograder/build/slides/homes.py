"""Which slide a note or a figure speaks of: the one that it names first, as "The law" or a task
of the exercise; else the one that shares the most telling words with it.

Words count the more the fewer slides have them (tf-idf, cosine of the angle between two texts).
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

WORD = re.compile(r"[^\W\d_][\w.]*\w|\d[\d.,]*\d")
TITLE = 3  # words of a title count as if they stood there so often
LEAST = 0.1  # below that, nothing is shared but small words

Vector = dict[str, float]


class Homes:
    """Places, each with its title and its text, and other names that some of them have.

    A name that begins with ^ counts at the beginning of a text alone.
    """

    def __init__(self, places: Sequence[tuple[str, str]], names: Mapping[str, int]) -> None:
        counts = [_count(text) + _count(title, TITLE) for title, text in places]
        known = Counter(word for count in counts for word in count)
        self._rare = {word: math.log(1 + len(places) / many) for word, many in known.items()}
        self._vectors = [self._vector(count) for count in counts]
        titles: dict[str, int] = {}
        for at, (title, _) in reversed([*enumerate(places)]):
            titles |= {title.partition(":")[0]: at, title: at}
        self._names = {name.lower(): at for name, at in {**titles, **names}.items()}

    def best(self, text: str, heading: str = "") -> int | None:
        """The place of `text` below `heading`, or None where no place speaks of it."""
        named = self._named(f"{heading} {text}".strip().lower())
        if named is not None:
            return named
        mine = self._vector(_count(text))
        likeness = [sum(mine.get(w, 0) * there for w, there in v.items()) for v in self._vectors]
        at = max(range(len(likeness)), key=likeness.__getitem__)
        return at if likeness[at] >= LEAST else None

    def _named(self, text: str) -> int | None:
        found = [
            (match.start(), -len(name), at)
            for name, at in self._names.items()
            if (match := re.search(_pattern(name), text))
        ]
        return min(found)[2] if found else None

    def _vector(self, count: Counter[str]) -> Vector:
        weights = {w: (1 + math.log(n)) * self._rare.get(w, 0) for w, n in count.items()}
        length = math.hypot(*weights.values()) or 1
        return {word: weight / length for word, weight in weights.items() if weight}


def _pattern(name: str) -> str:
    words = re.escape(name.removeprefix("^"))
    return rf"^{words}(?!\w)" if name.startswith("^") else rf"(?<!\w){words}(?!\w)"


def _count(text: str, times: int = 1) -> Counter[str]:
    found = Counter(_stem(word) for word in WORD.findall(text.lower()))
    return Counter({word: times * many for word, many in found.items()})


def _stem(word: str) -> str:
    """Without the endings that most often part two forms of one English word."""
    return re.sub(r"(?:ing|ed|es|s)$", "", word) if len(word) > 4 else word
