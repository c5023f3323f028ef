"""A text to train on, written by a few rules, as long as you like and the same everywhere."""

import numpy as np

ALPHABET = " .abcdefghijklmnopqrstuvwxyz"

_ADJECTIVES = ["old", "small", "red", "quiet", "late", "heavy", "northern", "patient"]
_NOUNS = [
    "ship",
    "harbour",
    "keeper",
    "lamp",
    "gull",
    "winter",
    "captain",
    "letter",
    "storm",
    "baker",
]
_VERBS = ["finds", "leaves", "follows", "remembers", "wakes", "carries", "greets", "fears"]
_WHEN = ["at night", "before the storm", "in the morning", "after the rain", "every summer"]


def write(characters: int, seed: int = 0) -> str:
    """A text of exactly so many characters: sentences such as "the old ship leaves the harbour."""
    rng = np.random.default_rng(seed)

    def one(words: list[str]) -> str:
        # Early words are more frequent, as in any language (Zipf).
        share = 1 / np.arange(1, len(words) + 1)
        return words[rng.choice(len(words), p=share / share.sum())]

    def thing() -> str:
        adjective = f"{one(_ADJECTIVES)} " if rng.random() < 0.5 else ""
        return f"the {adjective}{one(_NOUNS)}"

    parts: list[str] = []
    length = 0
    while length < characters:
        when = f" {one(_WHEN)}" if rng.random() < 0.4 else ""
        parts.append(f"{thing()} {one(_VERBS)} {thing()}{when}. ")
        length += len(parts[-1])
    return "".join(parts)[:characters]


def encode(text: str) -> np.ndarray:
    """`text` as numbers: each character's place in ALPHABET."""
    numbers = np.array([ALPHABET.find(character) for character in text], np.int64)
    if (numbers < 0).any():
        raise ValueError(
            f"text: expected only small letters, spaces and full stops "
            f"(given: {text[int(np.argmin(numbers))]!r})"
        )
    return numbers


def decode(numbers: np.ndarray) -> str:
    """The text of such numbers."""
    return "".join(ALPHABET[int(number)] for number in numbers)


def batch(numbers: np.ndarray, rows: int, length: int, step: int, seed: int = 0) -> np.ndarray:
    """`rows` rows of `length` + 1 numbers from random places: those of this step, on any rank."""
    rng = np.random.default_rng([seed, step])
    first = rng.integers(0, len(numbers) - length, rows)
    return numbers[first[:, None] + np.arange(length + 1)]


def unigram_entropy(text: str) -> float:
    """The loss, in nats a character, of knowing how frequent each character is, and nothing else.

    -sum over characters of f ln f, with f the share of each (Shannon 1948).
    """
    _, counts = np.unique(list(text), return_counts=True)
    share = counts / counts.sum()
    return float(-(share * np.log(share)).sum())
