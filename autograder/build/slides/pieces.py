"""Pieces of slides: how much of a slide each one takes, and slides filled with them.

Sizes are in pixels of a slide of 1280 x 720, which reveal.js scales to any screen. They are
estimates that lean to the large side; tests/browser/test_slides.py measures every slide.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

from bs4 import BeautifulSoup
from bs4.element import Tag

WIDTH, HEIGHT = 1180, 540  # what a slide has below its heading
LINE = 43  # of text at 32 pixels
LETTERS = 68  # of them in a line
GAP = 18  # below each paragraph
ORPHAN = 2 * LINE + GAP  # so little gets no slide of its own if it fits
CODE, SMALLEST_CODE = 25, 19  # sizes of letters in code
TABLE, SMALLEST_TABLE = 28, 22  # and in tables
POINTS, TEXT = 7, 400  # sentences, and the height of a slide of them alone: more are a wall
COMMAND = re.compile(r"\\(?:text|mathrm|operatorname|begin|end)?\{?|\\[a-zA-Z]+|[{}_^$&]")


@dataclass
class Piece:
    """HTML that stands on one slide; what it takes of it; the prose that is behind it."""

    html: str = ""
    height: float = 0.0
    notes: list[str] = field(default_factory=list)
    points: int = 0  # the sentences in it, if it is nothing but text
    goes_on: bool = False  # with the sentence of the piece before it, so that both stay together


@dataclass
class Slide:
    """One slide; `key` names the part of the lesson that it belongs to."""

    title: str
    body: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    key: str = ""
    kind: str = ""


def letters(html: str) -> int:
    """How many letters wide the HTML is when it is typeset."""
    text = BeautifulSoup(html, "html.parser").get_text()
    maths = re.compile(r"\\\((.*?)\\\)", re.DOTALL)
    return len(" ".join(maths.sub(lambda found: _typeset(found[1]), text).split()))


def _typeset(tex: str) -> str:
    tex = re.sub(r"\\[a-zA-Z]{3,}", "m", tex.replace(r"\qquad", "mmmm"))
    return re.sub(r"\\[,;!]| ", "", COMMAND.sub("", tex))


def text_height(html: str, width: int = LETTERS, line: float = LINE) -> float:
    """The height of a paragraph."""
    return math.ceil(max(letters(html), 1) / width) * line


def code(element: Tag, room: float = HEIGHT) -> list[Piece]:
    """Code as large as it fits; what is still too long for a slide is cut at an empty line."""
    pre = element.find("pre")
    inside = pre.decode_contents().strip("\n") if isinstance(pre, Tag) else element.get_text()
    lines = inside.split("\n")
    widest = max(len(unescape(re.sub(r"<[^>]*>", "", line))) for line in lines)

    def size_for(count: int, space: float) -> float:
        return min(CODE, (space - 40) / count / 1.3, (WIDTH - 44) / widest / 0.605)

    parts = [lines]
    if size_for(len(lines), room) < SMALLEST_CODE:
        parts = _cut(lines, int((HEIGHT - 40) / 1.3 / SMALLEST_CODE))
    made = []
    for part in parts:
        size = max(size_for(len(part), room if len(parts) == 1 else HEIGHT), 12)
        text = "\n".join(part)
        html = f'<div class="highlight" style="font-size:{size:.1f}px"><pre>{text}</pre></div>'
        made.append(Piece(html, len(part) * size * 1.3 + 40))
    return made


def _cut(lines: list[str], most: int) -> list[list[str]]:
    """Parts of at most `most` lines, each begun after an empty line where there is one."""
    parts = []
    while len(lines) > most:
        empty = [at for at in range(1, most + 1) if not lines[at].strip()]
        at = empty[-1] if empty else most
        parts.append(lines[:at])
        lines = lines[at:]
        while lines and not lines[0].strip():
            lines = lines[1:]
    return [*parts, lines] if lines else parts


def table(element: Tag) -> list[Piece]:
    """A table in the largest letters that fit, cut into several with the same head if need be."""
    rows = element.select("tbody tr") or element.select("tr")
    head = element.find("thead")
    cells = [[str(cell.decode_contents()) for cell in row.select("th, td")] for row in rows]
    if isinstance(head, Tag):
        cells.append([cell.decode_contents() for cell in head.select("th, td")])
    size: float = TABLE
    while sum(heights := _row_heights(cells, size)) > HEIGHT - 60 and size > SMALLEST_TABLE:
        size -= 2
    if sum(heights) > HEIGHT - 60:  # cut, it need not be small
        heights = _row_heights(cells, size := TABLE)
    top = heights[-1] if isinstance(head, Tag) else 0
    made, part, height = [], list[Tag](), top
    for row, tall in [*zip(rows, heights, strict=False), (None, 0.0)]:
        if row is None or (part and height + tall > HEIGHT - 60):
            body = "".join(map(str, part))
            html = f'<table style="font-size:{size}px">{head or ""}<tbody>{body}</tbody></table>'
            made.append(Piece(html, height + 24))
            part, height = [], top
        if row is not None:
            part, height = [*part, row], height + tall
    return made


def _row_heights(cells: list[list[str]], size: float) -> list[float]:
    """The height of each row, with columns as wide as a browser would make them, about."""
    wide = [[letters(cell) for cell in row] for row in cells]
    columns = [max(column, default=0) + 2 for column in zip(*wide, strict=False)]
    room = WIDTH / size / 0.53
    if sum(columns) > room:  # a browser takes from the wide ones
        narrow = sum(column for column in columns if column <= room / len(columns))
        rest = sum(column for column in columns if column > room / len(columns))
        share = (room - narrow) / rest
        columns = [c if c <= room / len(columns) else max(c * share, 8) for c in columns]
    return [
        max(math.ceil(w / max(c - 2, 4)) for w, c in zip(row, columns, strict=False)) * size * 1.3
        + 14
        for row in wide
    ]


def equation(element: Tag) -> Piece:
    """An equation that stands alone."""
    tex = element.get_text()
    rows = tex.count(r"\\") + 1
    tall = 100 if re.search(r"\\frac|\\sum|\\prod|\\int|\\begin|\\binom", tex) else 62
    wide = max(len(_typeset(row)) for row in tex.split(r"\\")) * 18
    size = min(1.0, WIDTH / wide)
    html = f'<div class="math" style="font-size:{size:.2f}em">{element.decode_contents()}</div>'
    return Piece(html, rows * tall + 20)


def fill(pieces: Iterable[Piece], title: str, key: str) -> list[Slide]:
    """As few slides as hold the pieces in their order.

    A piece without HTML has notes only, for whatever slide is being filled.
    """
    slides, height, points = [Slide(title, key=key)], 0.0, 0
    left = _together(pieces)
    while left:
        piece, *left = left
        last = not any(other.html for other in left)
        tall = height + piece.height > HEIGHT
        wall = points + piece.points > POINTS or (
            points and piece.points and height + piece.height > TEXT
        )
        orphan = last and piece.height <= ORPHAN
        if slides[-1].body and piece.html and (tall or (wall and not orphan)):
            slides.append(Slide(title, key=key))
            height, points = 0.0, 0
        slides[-1].body += [piece.html] if piece.html else []
        slides[-1].notes += piece.notes
        height, points = height + piece.height, points + piece.points
    return slides


def _together(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces, where those that go on with the one before are one with it if a slide can."""
    made: list[Piece] = []
    for piece in pieces:
        if made and piece.goes_on and made[-1].height + piece.height <= HEIGHT:
            last = made[-1]
            points, goes_on = last.points + piece.points, last.goes_on
            height, notes = last.height + piece.height, last.notes + piece.notes
            made[-1] = Piece(last.html + piece.html, height, notes, points, goes_on)
        else:
            made.append(piece)
    return made
