"""Writes the decks beside the book's pages, and the parts of reveal.js that they load."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from html import escape
from importlib.metadata import distribution
from pathlib import Path

from bs4 import BeautifulSoup

from autograder.build.files import write_text
from autograder.build.notebooks import read_script
from autograder.build.slides.deck import slides_of
from autograder.build.slides.notes import attach, show_figures
from autograder.build.slides.pieces import Slide
from hpclab.course import Course, Lesson

REVEAL = "sphinx_revealjs/_static/revealjs"  # the package brings reveal.js as it is; no more of it
PARTS = ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
STYLES = ("reveal/reveal.css", "pygments.css", "slides.css")
SCRIPTS = ("reveal/reveal.js", "reveal/notes.js", "slides.js")
TASK = re.compile(r"^## (`(\w+)`.*)$", re.MULTILINE)
HEAD = """\
<!DOCTYPE html>
<html lang="{language}" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{links}
</head>
"""
DECK = """\
<body>
<main>
<div class="reveal" aria-label="{title}">
<div class="slides">
{slides}
</div>
</div>
</main>
{scripts}
</body>
</html>
"""
LIST = """\
<body class="decks">
<main>
<h1>{title}</h1>
<p>Space or → goes on, S opens the notes of who speaks, D changes light and dark, ? lists all keys.
To print a deck, open it with <code>?print-pdf</code> behind its address.</p>
<ul>
{items}
</ul>
</main>
</body>
</html>
"""


def build_slides(course: Course, pages: Path, out: Path) -> list[str]:
    """Make `out`/<slug>.html of the built `pages` of each lesson, and `out`/index.html.

    A deck is made again only when one of its sources, or this code, has changed. Returns the slugs
    of those that were.
    """
    code = _digest(sorted(Path(__file__).parent.glob("*.py")))
    stamps = out / "stamps.json"
    known = json.loads(stamps.read_text("utf-8")) if stamps.is_file() else {}
    now, titles = {}, {}
    for lesson in course.lessons():
        slug = lesson.slug
        sources = [pages / kind / f"{slug}.html" for kind in ("lessons", "demos", "instructors")]
        sources += [course.root / "exercises" / slug / "exercise.py"]
        now[slug] = _digest(sources) + code + lesson.model_dump_json()
        if known.get(slug) != now[slug] or not (out / f"{slug}.html").is_file():
            write_text(out / f"{slug}.html", _deck(course, lesson, *sources))
        titles[slug] = _title(out / f"{slug}.html")
    write_text(out / "index.html", _index(course, titles))
    write_text(stamps, json.dumps(now))
    for stray in set(out.glob("*.html")) - {out / f"{name}.html" for name in [*now, "index"]}:
        stray.unlink()
    return [slug for slug in now if known.get(slug) != now[slug]]


def publish_slides(slides: Path, html: Path) -> None:
    """Copy the decks into the book's HTML, and what they load of reveal.js into its `_static`."""
    (html / "slides").mkdir()
    for deck in slides.glob("*.html"):
        shutil.copy(deck, html / "slides")
    reveal = html / "_static" / "reveal"
    reveal.mkdir(exist_ok=True)
    for part in PARTS:
        source = distribution("sphinx-revealjs").locate_file(f"{REVEAL}/{part}")
        shutil.copy(Path(str(source)), reveal / Path(part).name)


def _deck(course: Course, lesson: Lesson, *sources: Path) -> str:
    """The HTML of a deck."""
    page, demo, notes = (source.read_text("utf-8") for source in sources[:3])
    cells = read_script(sources[3]).cells
    tasks = [match for cell in cells for match in TASK.findall(cell.source)]
    module = next(module.title for module in course.modules if lesson in module.lessons)
    facts = f"{course.course.title} · {module}"
    deck = slides_of(page, f"lessons/{lesson.slug}.html", facts, [title for title, _ in tasks])
    attach(deck, notes, [name for _, name in tasks])
    show_figures(deck, demo)
    title = f"{BeautifulSoup(deck[0].title, 'html.parser').get_text()} — slides"
    scripts = [_mathjax(page)] if "mathjax/" in page else []
    scripts += [f'<script src="../_static/{name}"></script>' for name in SCRIPTS]
    return _head(course, title) + DECK.format(
        title=escape(title), slides="\n".join(_sections(deck)), scripts="\n".join(scripts)
    )


def _sections(deck: list[Slide]) -> Iterator[str]:
    """The slides; each can be linked to by the name of the heading that it comes from.

    One of them at a time is the page, so that each has the heading of a page.
    """
    seen: dict[str, int] = {}
    for slide in deck:
        seen[slide.key] = again = seen.get(slide.key, 0) + 1
        name = slide.key if again == 1 else f"{slide.key}-{again}"
        classes = f' class="{slide.kind}"' if slide.kind else ""
        body = "\n".join(part for part in slide.body if part)
        notes = "\n".join(slide.notes)
        yield (
            f'<section id="{name}"{classes}>\n<h1>{slide.title}</h1>\n{body}\n'
            f'<aside class="notes">{notes}</aside>\n</section>'
        )


def _mathjax(page: str) -> str:
    """The page's own tags that bring MathJax and its options."""
    soup = BeautifulSoup(page, "html.parser")
    wanted = ("window.MathJax", "_static/mathjax/")
    tags = [str(tag) for tag in soup.find_all("script") if any(w in str(tag) for w in wanted)]
    return "\n".join(tags)


def _index(course: Course, titles: dict[str, str]) -> str:
    links = (f'<li><a href="{slug}.html">{title}</a></li>' for slug, title in titles.items())
    title = f"{course.course.title}: slides"
    items = "\n".join(links)
    return _head(course, title) + LIST.format(title=escape(title), items=items)


def _head(course: Course, title: str) -> str:
    links = "\n".join(f'<link rel="stylesheet" href="../_static/{name}">' for name in STYLES)
    return HEAD.format(language=course.course.language, title=escape(title), links=links)


def _title(deck: Path) -> str:
    """The title of a deck, as HTML."""
    found = re.search(r"<title>(.*) — slides</title>", deck.read_text("utf-8"))
    return found[1] if found else deck.stem


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
