"""A lesson's page becomes a deck: a title, what it is for, then its sections in their order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from bs4 import BeautifulSoup
from bs4.element import Tag

from autograder.build.slides.pieces import (
    GAP,
    HEIGHT,
    LETTERS,
    Piece,
    Slide,
    code,
    equation,
    fill,
    letters,
    table,
    text_height,
)
from autograder.build.slides.prose import clean, for_notes, for_slides, goes_on, sentences, shown

EXERCISE = "exercise"  # the key of the slide that lists the tasks
WHOLE = 130  # an item of a list that has no more letters is shown whole
REASON = 220  # and so is a reason of the quiz
RIGHT = '<span class="fragment verdict" data-fragment-index="0">✓ right</span>'


@dataclass
class Section:
    """A heading of the page and what stands below it, up to the next heading."""

    key: str
    title: str
    blocks: list[Tag] = field(default_factory=list)


def article_of(html: str) -> Tag:
    """What the author wrote of a page of the book."""
    article = BeautifulSoup(html, "html.parser").select_one("article > section")
    if article is None:
        raise ValueError("expected a page of the book, with its text in <article><section>")
    return article


def sections(section: Tag, page: str) -> Iterator[Section]:
    """A section and those inside it, each with its own blocks only."""
    heading = section.find(["h1", "h2", "h3", "h4"], recursive=False)
    title = clean(heading, page).decode_contents() if isinstance(heading, Tag) else ""
    own = Section(str(section.get("id", "")), title)
    inner = []
    for child in section.find_all(True, recursive=False):
        if child.name == "section":
            inner.append(child)
        elif child is not heading and child.get_text(strip=True):
            own.blocks.append(child)
    yield own
    for child in inner:
        yield from sections(child, page)


def slides_of(html: str, page: str, facts: str, tasks: list[str]) -> list[Slide]:
    """The deck of a lesson's page; `facts` stand below its title, `tasks` are the exercise's."""
    opening, *rest = sections(article_of(html), page)
    deck = [Slide(opening.title, [f'<p class="facts">{escape(facts)}</p>'], [], "title", "title")]
    cards = [
        block for block in opening.blocks if "card-objectives" in block.get_attribute_list("class")
    ]
    for card in cards:
        opening.blocks.remove(card)
        listed = card.find(["ul", "ol"])
        if isinstance(listed, Tag):
            deck.append(Slide("After this lesson you can", [str(clean(listed, page))], [], "can"))
    for section in [opening, *rest]:
        questions = [
            block for block in section.blocks if "question" in block.get_attribute_list("class")
        ]
        others = [block for block in section.blocks if block not in questions]
        if questions:
            deck += _quiz(questions, section, page)
            deck.append(_exercise(others, tasks, page))
        elif others:
            pieces = _pieces([clean(block, page) for block in others])
            deck += fill(pieces, section.title, section.key)
    if not any(slide.key == EXERCISE for slide in deck):
        deck.append(_exercise([], tasks, page))
    return deck


def _pieces(blocks: list[Tag]) -> Iterator[Piece]:
    """What slides show of a section, and the prose behind each piece.

    A paragraph before code, an equation, a table or a list stays with it.
    """
    only_prose = all(block.name == "p" for block in blocks)
    lead: Piece | None = None
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.name != "p":
            yield from _after(lead, block)
            lead = None
            continue
        last = after is not None and after.name != "p"
        piece = _prose(block, first=block is blocks[0], last=last, alone=only_prose)
        if last:
            lead = piece
        else:
            yield piece


def _prose(paragraph: Tag, *, first: bool, last: bool, alone: bool) -> Piece:
    """A paragraph: what is shown of it, and all of it for the speaker if that is not the same."""
    all_of_it = sentences(paragraph)
    said = shown(paragraph, first=first, last=last, alone=alone)
    said = said or (all_of_it[:1] if last else [])
    notes = [for_notes(paragraph)] if len(said) < len(all_of_it) else []
    if not said:
        return Piece(notes=notes)
    html = f"<p>{' '.join(sentence.html for sentence in said)}</p>"
    return Piece(html, text_height(html) + GAP, notes, len(said), goes_on(paragraph))


def _after(lead: Piece | None, block: Tag) -> Iterator[Piece]:
    """The pieces of a block; the sentences that lead to it stand above its first one."""
    lead = lead or Piece()
    first, *others = _block(for_slides(block), HEIGHT - lead.height)
    if lead.height + first.height > HEIGHT:
        yield lead
        yield first
    else:
        both = lead.height + first.height
        notes = lead.notes + first.notes
        yield Piece(lead.html + first.html, both, notes, goes_on=lead.goes_on)
    yield from others


def _block(block: Tag, room: float) -> list[Piece]:
    """The pieces of anything but a paragraph, where `room` is what the first one may take."""
    if _is(block, "math"):
        return [equation(block)]
    if block.name == "pre" or block.select_one("div.highlight"):
        return code(block, room)
    if block.name in ("ul", "ol"):
        return list(_list(block))
    if found := block if block.name == "table" else block.find("table"):
        return table(found)
    return [Piece(str(block), text_height(str(block), LETTERS - 6) + 2 * GAP)]


def _list(block: Tag) -> Iterator[Piece]:
    """A list: short items whole, of long ones the sentences that a paragraph would show."""
    items: list[str] = []
    notes: list[str] = []
    height, start = float(GAP), 1
    for item in block.find_all("li", recursive=False):
        paragraph = item.find("p") or item
        whole = paragraph.decode_contents()
        said = whole if letters(whole) <= WHOLE else _short(paragraph)
        tall = text_height(said, LETTERS - 4) + GAP / 2
        if items and height + tall > HEIGHT:
            yield _listed(block.name, items, notes, height, start)
            start, items, notes, height = start + len(items), [], [], float(GAP)
        items.append(f"<li>{said}</li>")
        height += tall
        if said != whole or item.find_all("p")[1:]:
            notes.append(for_notes(item).replace("<li", "<p", 1).replace("</li>", "</p>"))
    yield _listed(block.name, items, notes, height, start)


def _listed(name: str, items: list[str], notes: list[str], height: float, start: int) -> Piece:
    begin = f' start="{start}"' if name == "ol" and start > 1 else ""
    return Piece(f"<{name}{begin}>{''.join(items)}</{name}>", height, notes)


def _short(paragraph: Tag) -> str:
    return " ".join(sentence.html for sentence in shown(paragraph, first=True, alone=True))


def _is(block: Tag, kind: str) -> bool:
    return kind in block.get_attribute_list("class")


def _quiz(questions: list[Tag], section: Section, page: str) -> Iterator[Slide]:
    """Each question with its answers; the next step marks the right one and says why."""
    for number, question in enumerate(questions, 1):
        asked = clean(question, page)
        answers = [answer.extract() for answer in asked.select("details.answer")]
        pieces = list(_whole(for_slides(asked)))
        height = sum(piece.height for piece in pieces)
        items, notes, why = "", list[str](), ""
        for letter, answer in zip("ABCDEFGH", answers, strict=False):
            text, reason = _answer(answer)
            notes.append(f"<p><b>{letter}. {text}</b></p><div>{for_notes(reason)}</div>")
            mark = ""
            if answer.get("data-correct") == "true":
                mark = f" {RIGHT}"
                why += _reason(reason, letter)
            items += f"<li>{text}{mark}</li>"
            height += text_height(text, LETTERS - 12) + GAP / 2
        if height + text_height(why) > HEIGHT:
            why = ""  # it stands in the notes
        body = [*(piece.html for piece in pieces), f'<ol type="A">{items}</ol>', why]
        yield Slide(f"{section.title} {number}", body, notes, f"question-{number}", "quiz")


def _whole(question: Tag) -> Iterator[Piece]:
    """All that a question says."""
    for block in question.find_all(True, recursive=False):
        if block.name == "p":
            yield Piece(str(block), text_height(str(block)) + GAP)
        else:
            yield from _block(block, HEIGHT / 2)


def _answer(answer: Tag) -> tuple[str, Tag]:
    """The words of an answer, and the reason why it is right or wrong."""
    summary = answer.find("summary")
    text = summary.extract().decode_contents() if isinstance(summary, Tag) else ""
    return text, answer


def _reason(reason: Tag, letter: str) -> str:
    """Why an answer is right, without the word that says so; of a long reason its beginning."""
    paragraph = for_slides(reason).find("p")
    if not isinstance(paragraph, Tag):
        return ""
    if verdict := paragraph.find("strong"):
        verdict.decompose()
    why = paragraph.decode_contents().strip()
    if letters(why) > REASON:
        why = "".join(sentence.html for sentence in sentences(paragraph)[:1])
    return f'<p class="fragment" data-fragment-index="0"><b>{letter}.</b> {why}</p>'


def _exercise(others: list[Tag], tasks: list[str], page: str) -> Slide:
    """The tasks; what the page says of them is behind the slide."""
    marked = (re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(task)) for task in tasks)
    items = "".join(f"<li>{task}</li>" for task in marked)
    notes = [for_notes(clean(block, page)) for block in others]
    return Slide("Exercise", [f"<ul>{items}</ul>"], notes, EXERCISE)
