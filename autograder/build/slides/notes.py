"""Instructor notes and a demo's figures find their slides.

What a page of notes says before its timetable, and the timetable, stand with the title. Each of
its rows, and each paragraph and item below, stands with the slide that it speaks of: see `homes`.
A note that speaks of none stands with the exercise: there, people work.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import Tag

from autograder.build.slides.deck import EXERCISE, Section, article_of, sections
from autograder.build.slides.homes import Homes
from autograder.build.slides.pieces import Slide
from autograder.build.slides.prose import clean, for_notes

CLOCK = "minutes"  # the first word in the head of a timetable
BEGINNING = ("first screen", "top of the page")  # so notes call a page before its first heading
ALSO_EXERCISE = ("exercise", "answers", "the fast ones")
DEMO = ("^the demo", "^run the demo")
CODE = re.compile(r"<code[^>]*>(.*?)</code>", re.DOTALL)
NO_HOME = {"title", "can"}
MEASURED = '<p class="kicker">From the demo, as run where this book was built</p>'


@dataclass(frozen=True)
class Note:
    """One paragraph, item or row of the instructor notes."""

    heading: str
    html: str

    @property
    def text(self) -> str:
        """Its words, with code between backticks, without the minutes of a timetable."""
        marked = CODE.sub(lambda found: f"`{_words(found[1])}`", self.html)
        return re.sub(r"^Minutes [^:]*: ", "", _words(marked))


def attach(deck: list[Slide], page: str, tasks: list[str]) -> None:
    """Put the instructor notes, a page of the book, before the prose behind each slide.

    `tasks` are the names of the tasks of the exercise.
    """
    _, *rest = sections(article_of(page), "")
    places = [at for at, slide in enumerate(deck) if slide.key not in NO_HOME and not slide.kind]
    homes = _homes([[deck[at]] for at in places], tasks)
    exercise = next(at for at, slide in enumerate(deck) if slide.key == EXERCISE)
    first = next((n for n, section in enumerate(rest) if _clock(section)), 0)
    notes: list[list[str]] = [[] for _ in deck]
    for number, section in enumerate(rest):
        title = f"<h4>{section.title}</h4>"
        if number <= first:
            notes[0] += [title, *(for_notes(clean(block, "")) for block in section.blocks)]
        for note in _rows(section) if number <= first else _items(section):
            home = homes.best(note.text, note.heading)
            mine = notes[exercise if home is None else places[home]]
            mine += [note.html] if title in mine else [title, note.html]
    for slide, mine in zip(deck, notes, strict=True):
        page_says = ["<h4>The page says</h4>"] if mine and slide.notes else []
        slide.notes[:0] = [*mine, *page_says]


def show_figures(deck: list[Slide], demo: str) -> None:
    """Put each figure of a demo's page behind the slides of the section that it speaks of.

    None stands with the section that sends readers to the demo, which asks, or behind the exercise.
    """
    at = next(at for at, slide in enumerate(deck) if slide.key == EXERCISE)
    keys = list(dict.fromkeys(slide.key for slide in deck[:at] if not slide.kind))
    asks = {slide.key for slide in deck if _opens_demo(slide)}
    keys = [key for key in keys if key not in NO_HOME | asks] or [deck[0].key]
    homes = _homes([[slide for slide in deck if slide.key == key] for key in keys], [])
    for number, (slide, text) in enumerate(_figures(demo), 1):
        home = homes.best(text)
        slide.key = keys[0 if home is None else home]
        slide.body = [_own_names(html, f"figure{number}-") for html in slide.body]
        last = max(n for n, other in enumerate(deck) if other.key == slide.key)
        deck.insert(last + 1, slide)


def _homes(places: list[list[Slide]], tasks: list[str]) -> Homes:
    """Places of one or more slides each, and the names that notes have for some of them."""
    names = {}
    for at, (slide, *_) in enumerate(places):
        if at == 0:
            names.update(dict.fromkeys(BEGINNING, at))
        if slide.key == EXERCISE:
            names.update(dict.fromkeys([*ALSO_EXERCISE, *(f"`{task}`" for task in tasks)], at))
        if DEMO[0] not in names and _opens_demo(slide):
            names.update(dict.fromkeys(DEMO, at))
    said = [" ".join(map(_said, slides)) for slides in places]
    return Homes([(_words(s[0].title), text) for s, text in zip(places, said, strict=True)], names)


def _opens_demo(slide: Slide) -> bool:
    return any('href="../demos/' in html for html in slide.body)


def _figures(demo: str) -> Iterator[tuple[Slide, str]]:
    """A slide for each figure of a demo, and the words that say what it is about."""
    for section in sections(article_of(demo), ""):
        for block in section.blocks:
            for figure in block.select("figure.hpclab-figure"):
                image = figure.select_one("[role=img]")
                if image is None:
                    continue
                words = str(image["aria-label"])
                prose = [for_notes(clean(p, "")) for p in _prose_below(block)]
                notes = [f"<p><b>The figure in words.</b> {words}</p>", *prose]
                text = " ".join([*[_words(section.title)] * 3, words, *map(_words, prose)])
                yield Slide(section.title, [str(image), MEASURED], notes, kind="figure"), text


def _prose_below(cell: Tag) -> Iterator[Tag]:
    for block in cell.find_next_siblings(True):
        if block.name not in ("p", "ul", "ol"):
            return
        yield block


def _own_names(svg: str, prefix: str) -> str:
    """Names of shapes that no other figure of the deck has."""
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", svg)


def _clock(section: Section) -> bool:
    heads = [head for block in section.blocks if (head := block.find("th"))]
    return any(head.get_text(strip=True).lower() == CLOCK for head in heads)


def _rows(section: Section) -> Iterator[Note]:
    """The rows of a timetable, if the section has one."""
    if not _clock(section):
        return
    for row in (row for block in section.blocks for row in block.select("tbody tr")):
        minutes, *cells = (for_notes(clean(cell, "")) for cell in row.find_all("td"))
        said = " · ".join(_inner(cell) for cell in cells if _words(cell))
        yield Note("", f"<p><b>Minutes {_words(minutes)}:</b> {said}</p>")


def _items(section: Section) -> Iterator[Note]:
    """What a section says, item by item; a table is one."""
    heading = _words(section.title)
    for block in section.blocks:
        if block.name in ("ul", "ol"):
            for item in block.find_all("li", recursive=False):
                yield Note(heading, f"<p>• {_inner(for_notes(clean(item, '')))}</p>")
        else:
            yield Note(heading, for_notes(clean(block, "")))


def _inner(html: str) -> str:
    """What stands in the first element of the HTML, without paragraphs around it."""
    soup = BeautifulSoup(html, "html.parser")
    for paragraph in soup.find_all("p"):
        paragraph.unwrap()
    return soup.contents[0].decode_contents() if isinstance(soup.contents[0], Tag) else html


def _said(slide: Slide) -> str:
    return _words(" ".join(slide.body + slide.notes))


def _words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())
