"""The page of a badge, and of a learner's own record: what is text stays text."""

import re
from html.parser import HTMLParser

import pytest

from hpclab.learner.record_page import Row, record_page
from tests.security.markup import HTML

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "p", "bdi", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd",
}  # fmt: skip


class Seen(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.text = set[str](), set[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def page(text: str, signed: str | None = "x.jwt") -> str:
    return record_page(text, text, [Row(text, [text], text)], [(text, text)], signed=signed)


@pytest.mark.parametrize(
    "evil", [*HTML, "</title><script>alert(1)</script>", '" onload="x', "&lt;"]
)
def test_no_text_becomes_markup(evil: str) -> None:
    for signed in (None, evil):
        seen = Seen(page(evil, signed))
        assert seen.tags <= TAGS
        assert seen.attributes <= {
            "lang", "charset", "http-equiv", "content", "name", "class", "scope",
        }  # fmt: skip
        assert " ".join(evil.split())[:20] in seen.text


def test_no_text_turns_another_or_breaks_the_file() -> None:
    made = page("a\u202eb\u2066c\x00d\x1be\u2028f\ud800g\nh")
    assert made.encode()
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x1b\u2028\ud800]", made)
    assert ">a b c d e f g h<" in made
    assert "\u200c" in page("نام\u200cخانوادگی"), "what scripts themselves need, stays"


def test_text_is_bounded() -> None:
    assert len(page("x" * 1_000_000)) < 5000


def test_it_says_whether_it_is_signed() -> None:
    unsigned, signed = Seen(page("a", None)).text, Seen(page("a", "course.ada.jwt")).text
    assert "Unsigned." in unsigned
    assert "the learner's own file" in unsigned
    assert "Unsigned" not in signed
    assert "proves nothing by itself: the proof is the file course.ada.jwt" in signed
