"""Which sentences of a paragraph a slide shows; all the others are the speaker's.

A sentence is shown if the author stressed something in it (and then so is the one before it, of
which it speaks), if it asks, if it sends the reader to the demo, or if it leads to what stands
below it. What else is shown depends on its place: see `deck`.
"""

import re
from copy import copy
from dataclasses import dataclass
from html import escape

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

END = re.compile(r"[.?!][\"”’')\]]*$")
SPLIT = re.compile(r"(?<=[.?!])(?P<close>[\"”’')\]]*)\s+(?=[^\sa-z])")
ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|cf|vs|al|Fig|Eq|No|ca|approx)\.$")
SHORT = 70  # letters: so short a beginning says too little by itself
LONG = 160
LEADS = re.compile(r"[:,]$|[^.?!\"”’')\]]$")


@dataclass(frozen=True)
class Sentence:
    """One sentence: its HTML, its words, and whether it holds something in bold."""

    html: str
    text: str
    bold: bool

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return self.text.rstrip("\"”’')").endswith("?")

    @property
    def opens_demo(self) -> bool:
        """Whether it has a link to a demo."""
        return 'href="../demos/' in self.html

    @property
    def leads(self) -> bool:
        """Whether it has no end of its own, so that something has to follow."""
        return bool(LEADS.search(self.text))


def clean(element: Tag, page: str) -> Tag:
    """A copy of an element of `page` (`lessons/x.html`) that may stand in `slides/`."""
    made = copy(element)
    for gone in made.select("a.headerlink, .copybtn, script"):
        gone.decompose()
    for tag in [made, *made.find_all(True)]:
        for name in ("id", "title", "target"):
            if name in tag.attrs:
                del tag.attrs[name]
        href = str(tag.attrs.get("href", ""))
        if href.startswith("#"):
            tag["href"] = f"../{page}{href}"
    return made


def for_slides(element: Tag) -> Tag:
    """A copy without citations in brackets: the page has them, and so have the notes."""
    made = copy(element)
    for citation in made.select(".bibtex-citation"):
        before = citation.previous_sibling
        if citation.get_text().startswith("["):
            if isinstance(before, NavigableString):
                before.replace_with(NavigableString(before.rstrip()))
            citation.decompose()
    made.smooth()
    return made


def for_notes(element: Tag) -> str:
    """The HTML for the speaker's window, where no link would lead anywhere."""
    made = copy(element)
    for link in made.find_all("a"):
        link.unwrap()
    for maths in [made, *made.find_all(True)]:
        if "math" in maths.get_attribute_list("class"):
            maths["class"] = "tex"  # for book/script/slides.js, and not for MathJax itself
    return str(made)


def sentences(paragraph: Tag) -> list[Sentence]:
    """The sentences of a paragraph; formatted words in it are never cut in two.

    A sentence that is bold as a whole is the title of the next one, and stays with it.
    """
    parts: list[list[PageElement]] = [[]]
    for child in for_slides(paragraph).children:
        if not isinstance(child, NavigableString):
            parts[-1].append(child)
            continue
        rest = str(child)
        if parts[-1] and _ended(parts[-1]) and re.match(r"\s+[^\sa-z]", rest):
            parts.append([])
        while cut := _end_in(rest):
            parts[-1].append(NavigableString(rest[:cut]))
            parts.append([])
            rest = rest[cut:].lstrip()
        if rest:
            parts[-1].append(NavigableString(rest))
    made: list[Sentence] = []
    title = ""
    for part in parts:
        text = " ".join(_text(part).split())
        if not text:
            continue
        html = "".join(_html(node) for node in part).strip()
        tags = [node for node in part if isinstance(node, Tag)]
        if len(tags) == 1 and tags[0].name == "strong" and tags[0].get_text().strip() == text:
            title = f"{title}{html} "
            continue
        bold = bool(title) or any(t.name == "strong" or t.find("strong") for t in tags)
        plain = BeautifulSoup(title, "html.parser").get_text() + text
        made.append(Sentence(title + html, plain, bold))
        title = ""
    if title:
        made.append(Sentence(title, BeautifulSoup(title, "html.parser").get_text(), True))
    return made


def shown(
    paragraph: Tag, *, first: bool = False, last: bool = False, alone: bool = False
) -> list[Sentence]:
    """The sentences of a paragraph that a slide shows, in their order.

    `first`: show the first one whatever it says. `last`: code, an equation or a table follows, so
    that a last sentence which leads to it is shown. `alone`: nothing else is on the slide, so that
    a short beginning takes the next sentence with it, as a short title in bold always does.
    """
    said = sentences(paragraph)
    wanted = {n for n, one in enumerate(said) if one.bold or one.asks or one.opens_demo}
    wanted |= {n - 1 for n in wanted if n and said[n].bold}
    if said and (first or alone or goes_on(paragraph)):
        wanted.add(0)
    if said and last and said[-1].leads:
        wanted.add(len(said) - 1)
    short = len(said) > 1 and len(said[0].text) < SHORT and len(said[1].text) < LONG
    if short and 0 in wanted and (alone or said[0].bold):
        wanted.add(1)
    return [said[n] for n in sorted(wanted)]


def goes_on(paragraph: Tag) -> bool:
    """Whether it ends a sentence of what stands above it, as "where n is" does."""
    return paragraph.get_text().lstrip()[:1].islower()


def _end_in(text: str) -> int:
    """Where the first sentence in `text` ends, if another one begins after it; else 0."""
    for found in SPLIT.finditer(text):
        if not ABBREVIATED.search(text[: found.start()]):
            return found.end("close")
    stripped = text.rstrip()
    ends = text != stripped and END.search(stripped) and not ABBREVIATED.search(stripped)
    return len(text) if ends else 0


def _ended(nodes: list[PageElement]) -> bool:
    """Whether the formatted words at the end of `nodes` end a sentence, as code never does."""
    text = _text(nodes)
    code = isinstance(nodes[-1], Tag) and nodes[-1].name == "code"
    return bool(END.search(text)) and not ABBREVIATED.search(text) and not code


def _text(nodes: list[PageElement]) -> str:
    return "".join(node.get_text() for node in nodes)


def _html(node: PageElement) -> str:
    return str(node) if isinstance(node, Tag) else escape(str(node), quote=False)
