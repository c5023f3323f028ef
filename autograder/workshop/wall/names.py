"""Pseudonyms: a colour or a stuff, and an animal. Drawn at random, so that none tells of a user."""

import secrets
from collections.abc import Collection

_FIRST = [
    "Amber", "Azure", "Birch", "Brass", "Bronze", "Cedar", "Cobalt", "Copper", "Coral",
    "Cotton", "Crimson", "Crystal", "Ebony", "Emerald", "Flint", "Garnet", "Golden",
    "Granite", "Indigo", "Iron", "Ivory", "Jade", "Lilac", "Linen", "Marble", "Maroon",
    "Opal", "Pearl", "Plum", "Quartz", "Ruby", "Saffron", "Sapphire", "Scarlet", "Silver",
    "Slate", "Topaz", "Velvet", "Violet", "Willow",
]  # fmt: skip
_SECOND = [
    "badger", "beaver", "bison", "crane", "curlew", "deer", "dolphin", "eagle", "falcon",
    "finch", "fox", "gecko", "hare", "hawk", "hedgehog", "heron", "ibex", "kestrel", "koala",
    "lark", "lemur", "lynx", "magpie", "marten", "mole", "moose", "newt", "otter", "owl",
    "panda", "pelican", "plover", "puffin", "raven", "robin", "salmon", "seal", "swift",
    "tern", "wren",
]  # fmt: skip
_TRIES = 50


def draw(taken: Collection[str]) -> str:
    """A pseudonym that nobody has; with a number where the room is nearly as large as the list."""
    for number in range(1_000_000):
        for _ in range(_TRIES):
            name = f"{secrets.choice(_FIRST)} {secrets.choice(_SECOND)}"
            name += f" {number + 1}" * bool(number)
            if name not in taken:
                return name
    raise AssertionError("no room has that many people")
