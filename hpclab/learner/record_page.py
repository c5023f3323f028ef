"""One printed page of what somebody has learnt: self-contained, and fit for one sheet of A4.

It asks no other host, runs no script, and says in words whether it is signed. All that it is given
is text, of which nothing becomes markup.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_UNSIGNED = (
    "Unsigned. This page was made on the learner's own machine from the learner's own file. Nobody "
    "has examined the work or vouches for it. A signed badge comes from a centre that graded it."
)
_SIGNED = (
    "This page is a print of a signed badge, and proves nothing by itself: the proof is the file "
    "{file}. Whoever has that file and the issuer's public key can check it."
)
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")  # not scripts' own ways
_STYLE = """\
@page { size: A4; margin: 14mm }
* { box-sizing: border-box }
html { color-scheme: light; background: #fff; color: #111 }
body { font: 11pt/1.35 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; margin: 0 auto;
  max-width: 182mm; padding: 1.5em; border: 2px solid #111; overflow-wrap: anywhere }
h1 { font-size: 1.9em; line-height: 1.15; margin: 0 0 .3em }
.who { font-size: 1.35em; margin: 0 0 .8em }
.state { border: 2px solid #111; border-left-width: 8px; margin: 0 0 1em; padding: .5em .8em }
table { border-collapse: collapse; margin: 0 0 1em; width: 100% }
caption { font-weight: bold; padding: 0 0 .3em; text-align: left }
th, td { border-bottom: 1px solid #666; padding: .25em .6em .25em 0; text-align: left;
  vertical-align: top }
th:last-child, td:last-child { padding-right: 0; text-align: right; white-space: nowrap }
tbody th { font-weight: normal }
dl { display: grid; gap: .25em 1em; grid-template-columns: max-content 1fr; margin: 0 }
dt { font-weight: bold }
dd { margin: 0; min-width: 0 }
@media screen { body { margin: 2em auto } }
@media (max-width: 40em) { th:last-child, td:last-child { white-space: normal } }
@media print { body { font-size: SIZEpt } }
"""


@dataclass(frozen=True)
class Row:
    """One lesson of the table; result: in words or points."""

    lesson: str
    skills: Sequence[str]
    result: str


def record_page(
    title: str,
    who: str,
    rows: Sequence[Row],
    footer: Sequence[tuple[str, str]],
    *,
    signed: str | None,
) -> str:
    """The page as HTML. footer: pairs of a name and what it names, below the table.

    signed: the name of the file that carries the signature; None for a page from a learner's own
    file, which says so.
    """
    state = _UNSIGNED if signed is None else _SIGNED.format(file=signed)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Lesson", "Skills", "Result"))
    size = 10 if len(rows) <= 12 else 8 if len(rows) <= 20 else 6.5
    table = "\n".join(map(_row, rows))
    facts = "\n".join(
        f"<dt>{_text(name, 60)}</dt><dd>{_text(value, 700)}</dd>" for name, value in footer
    )
    return f"""\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title, 120)}: {_text(who, 80)}</title>
<style>
{_STYLE.replace("SIZE", f"{size:g}")}</style>
</head>
<body>
<main>
<h1>{_text(title, 120)}</h1>
<p class="who"><bdi>{_text(who, 80)}</bdi></p>
<p class="state">{_text(state, 400)}</p>
<table>
<caption>Lessons</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{table}
</tbody>
</table>
<dl>
{facts}
</dl>
</main>
</body>
</html>
"""


def _row(row: Row) -> str:
    skills = _text(", ".join(row.skills) or "–", 120)
    lesson, result = _text(row.lesson, 80), _text(row.result, 30)
    return f'<tr><th scope="row">{lesson}</th><td>{skills}</td><td>{result}</td></tr>'


def _text(given: str, most: int) -> str:
    """Text for a page: on one line, of bounded length, without controls, escaped."""
    plain = "".join(" " if _controls(one) else one for one in given)
    words = " ".join(plain.split())
    return escape(words if len(words) <= most else words[: most - 1] + "…")


def _controls(one: str) -> bool:
    """Control characters, halves of characters, and what turns the direction of other text."""
    turns = unicodedata.bidirectional(one) in _TURNS
    return turns or unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")
