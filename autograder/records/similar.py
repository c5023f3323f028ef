"""Pairs of submissions whose code is alike, for the instructor to look at.

Winnowing: S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: local algorithms for document
fingerprinting", SIGMOD 2003. Of every `WINDOW` neighbouring hashes of `GRAM` tokens the smallest is
kept, so that any common run of `WINDOW + GRAM - 1` tokens leaves a common fingerprint.
"""

import io
import json
import keyword
import tokenize
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy.sparse import csr_array

from autograder.examiner.assignment import Assignment
from autograder.examiner.submission import Submission

GRAM, WINDOW = 8, 4
ENOUGH = 12  # common fingerprints, below which a pair says nothing
COMMON, FEW = 0.1, 4  # what more than this share of the class, and more than so many, have
_LONGEST = 100_000  # characters of a cell
_DROPPED = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.INDENT,
    tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip

Cells = Mapping[str, str]
Print = tuple[str, int]  # a cell's name, a fingerprint in it


@dataclass(frozen=True)
class Pair:
    """Two learners; share: of the smaller one's fingerprints; cells: where the common ones are."""

    learners: tuple[str, str]
    share: float
    common: int
    cells: list[str]


def similar(work: Mapping[str, Cells], stub: Cells, least: float) -> list[Pair]:
    """Pairs of learners with at least the share `least` in common, the most alike first.

    work: by learner, the text of solution cells by name; stub: what was handed out.
    """
    given = prints(stub)
    learners = sorted(work)
    found = [prints(work[learner]) - given for learner in learners]
    counts = _counts(found)
    limit = max(FEW, COMMON * len(learners))
    rare = [{one for one in each if counts[one] <= limit} for each in found]
    pairs = []
    for i, j, common in _overlaps(rare):
        share = common / min(len(rare[i]), len(rare[j]))
        if common >= ENOUGH and share >= least:
            cells = sorted({cell for cell, _ in rare[i] & rare[j]})
            pairs.append(Pair((learners[i], learners[j]), share, common, cells))
    return sorted(pairs, key=lambda pair: (-pair.share, -pair.common, pair.learners))


def code_of(parts: Iterable[tuple[Assignment, Submission]]) -> dict[str, str]:
    """The solution cells with code in them of what one learner handed in, by name."""
    found = {}
    for assignment, submission in parts:
        for name, cell in assignment.solutions().items():
            if cell["cell_type"] == "code" and name in submission.cells:
                found[_named(assignment, name)] = submission.cells[name]
    return found


def stub_of(assignments: Iterable[Assignment]) -> dict[str, str]:
    """What these cells held when they were handed out."""
    return {
        _named(one, name): cell["source"]
        for one in assignments
        for name, cell in one.solutions().items()
    }


def _named(assignment: Assignment, cell: str) -> str:
    """A cell's name; in an assignment of several notebooks, with the notebook's."""
    return cell if assignment.notebook == assignment.name else f"{assignment.notebook}: {cell}"


def show(console: Console, pairs: Sequence[Pair], compared: int, *, as_json: bool) -> None:
    """Print the pairs, as a table or as one JSON document."""
    if as_json:
        document = {"compared": compared, "pairs": [asdict(pair) for pair in pairs]}
        print(json.dumps(document, indent=1))
        return
    if pairs:
        table = Table("learner", "and", "alike", "in")
        for pair in pairs:
            one, other = map(escape, pair.learners)
            table.add_row(one, other, f"{pair.share:.0%}", escape(", ".join(pair.cells)))
        console.print(table)
    console.print(f"{compared} submissions compared, {len(pairs)} pairs alike.", highlight=False)


def prints(cells: Cells) -> set[Print]:
    """The fingerprints of each cell."""
    return {(name, one) for name, text in cells.items() for one in _winnowed(text)}


def _counts(found: Sequence[set[Print]]) -> dict[Print, int]:
    counts: dict[Print, int] = {}
    for each in found:
        for one in each:
            counts[one] = counts.get(one, 0) + 1
    return counts


def _overlaps(found: Sequence[set[Print]]) -> Iterator[tuple[int, int, int]]:
    """Of all pairs that have any: how many fingerprints both have."""
    columns: dict[Print, int] = {}
    indices = [columns.setdefault(one, len(columns)) for each in found for one in each]
    starts = np.cumsum([0, *map(len, found)])
    shape = (len(found), len(columns))
    has = csr_array((np.ones(len(indices), np.int32), indices, starts), shape=shape)
    both = (has @ has.T).tocoo()
    for i, j, common in zip(*both.coords, both.data, strict=True):
        if i < j:
            yield int(i), int(j), int(common)


def _winnowed(text: str) -> set[int]:
    tokens = list(_tokens(text))
    hashes = [
        zlib.crc32("\0".join(tokens[i : i + GRAM]).encode(errors="replace"))
        for i in range(len(tokens) - GRAM + 1)
    ]
    return {min(hashes[i : i + WINDOW]) for i in range(max(1, len(hashes) - WINDOW + 1)) if hashes}


def _tokens(text: str) -> Iterator[str]:
    """Keywords and operators as they are; other names, numbers and strings by their kind.

    Code that does not compile gives the tokens before the place where it breaks.
    """
    try:
        for token in tokenize.generate_tokens(io.StringIO(text[:_LONGEST]).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                yield "name"
            elif token.type in (tokenize.NUMBER, tokenize.STRING):
                yield tokenize.tok_name[token.type]
            elif token.type not in _DROPPED:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return
