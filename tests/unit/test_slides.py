"""What a slide shows of a page, what stands behind it, and that nothing is made twice."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from autograder.build.slides.deck import slides_of
from autograder.build.slides.make import build_slides
from autograder.build.slides.notes import attach, show_figures
from autograder.build.slides.pieces import HEIGHT, POINTS, Piece, Slide, code, fill, letters, table
from autograder.build.slides.prose import clean, for_notes, for_slides, sentences, shown
from hpclab.course import Course
from tests.unit.tiny import build, make_course


def element(html: str) -> Tag:
    found = BeautifulSoup(html, "html.parser").find(True)
    assert isinstance(found, Tag)
    return found


def texts(html: str, **place: bool) -> list[str]:
    return [sentence.text for sentence in shown(element(f"<p>{html}</p>"), **place)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("See e.g. Knuth, Fig. 3: 1.5 s. So.", ["See e.g. Knuth, Fig. 3: 1.5 s.", "So."]),
        ("Up to <code>k1 + ...</code> can begin. So.", ["Up to k1 + ... can begin.", "So."]),
        ("Look at <code>x.</code> It is.", ["Look at x. It is."]),
        ("It is <em>so.</em> And so.", ["It is so.", "And so."]),
        ("(In brackets.) Then “quoted.” End.", ["(In brackets.)", "Then “quoted.”", "End."]),
        ("<strong>Title.</strong> First. Second.", ["Title. First.", "Second."]),
        ("<strong>Alone.</strong>", ["Alone. "]),
        ("", []),
    ],
)  # fmt: skip
def test_sentences(html: str, expected: list[str]) -> None:
    assert [one.text for one in sentences(element(f"<p>{html}</p>"))] == expected


def test_a_sentence_keeps_its_html_and_escapes_its_text() -> None:
    (one, two) = sentences(element("<p>If a &lt; b, <em>then</em> c. But d.</p>"))
    assert (one.html, two.html) == ("If a &lt; b, <em>then</em> c.", "But d.")


def test_what_is_stressed_asked_or_leads_is_shown() -> None:
    plain = "This is the first sentence, and it is long enough to stand here by itself. It is so."
    assert texts(plain) == []
    assert len(texts(plain, first=True)) == 1
    assert texts(f"{plain} They took <strong>5 ms</strong>. Fine.") == [
        "It is so.",
        "They took 5 ms.",
    ]
    assert texts(f"{plain} Why? Because.") == ["Why?"]
    assert texts(f"{plain} Such as:", last=True) == ["Such as:"]
    assert texts(f"{plain} Such as:") == []
    assert texts(f"{plain} All of it.", last=True) == []
    assert texts(f'{plain} Open <a href="../demos/x.html">the demo</a>. So.') == ["Open the demo."]
    assert texts("where x is a length. Other.") == ["where x is a length."]


def test_a_short_beginning_takes_the_next_sentence_along() -> None:
    assert texts("You may keep it. It takes 3 ms. More.", alone=True) == [
        "You may keep it.",
        "It takes 3 ms.",
    ]
    assert texts("You may keep it. It takes 3 ms.", first=True) == ["You may keep it."]
    assert len(texts("<strong>Cache.</strong> It is small. It is near. It is fast.")) == 2


def test_a_copy_has_no_ids_and_links_that_work_from_slides() -> None:
    copied = clean(
        element('<p id="a">x <a href="#b">y</a><a class="headerlink" href="#a">#</a></p>'),
        "lessons/one.html",
    )
    assert str(copied) == '<p>x <a href="../lessons/one.html#b">y</a></p>'


def test_citations_in_brackets_and_links_of_notes_go() -> None:
    cited = '<p>As known <span class="bibtex-citation">[<a href="x">A, 1999</a>]</span>. '
    cited += '<span class="bibtex-citation">B <a href="y">[2000]</a></span> says.</p>'
    assert for_slides(element(cited)).get_text() == "As known. B [2000] says."
    assert "<a" not in for_notes(element(cited))
    assert "A, 1999" in for_notes(element(cited))


def test_maths_of_notes_is_left_to_the_deck_and_counts_as_it_is_typeset() -> None:
    assert 'class="tex"' in for_notes(element('<p><span class="math">\\(x\\)</span></p>'))
    assert letters(r"<p>\(\frac{\alpha}{\beta}\) is</p>") < 8


def long_code(lines: int, width: int = 20) -> Tag:
    text = "\n".join("" if n % 10 == 9 else "x" * width for n in range(lines))
    return element(f'<div class="highlight"><pre>{text}</pre></div>')


def test_code_shrinks_then_is_cut_where_a_line_is_empty() -> None:
    (short,) = code(long_code(5))
    (medium,) = code(long_code(19))
    cut = code(long_code(45))
    assert short.height < medium.height <= HEIGHT
    assert len(cut) > 1
    assert all(piece.height <= HEIGHT for piece in cut)
    assert sum(piece.html.count("x" * 20) for piece in cut) == 45 - 4
    assert not any(piece.html.endswith("x\n\n</pre></div>") for piece in cut)


def test_a_wide_line_of_code_makes_its_letters_small_whatever_it_is_indented() -> None:
    def size(line: str) -> float:
        (piece,) = code(element(f'<div class="highlight"><pre>{line}</pre></div>'))
        found = re.search(r"font-size:([\d.]+)px", piece.html)
        assert found
        return float(found[1])

    assert size("x" * 100) < size("x" * 90) < size("x" * 10)
    assert size(" " * 10 + f"<i>{'x' * 90}</i>") == size("x" * 100)


def test_a_long_table_is_cut_and_keeps_its_head() -> None:
    rows = "".join(f"<tr><td>{n}</td><td>{'word ' * 30}</td></tr>" for n in range(20))
    made = table(
        element(f"<table><thead><tr><th>no</th></tr></thead><tbody>{rows}</tbody></table>")
    )
    assert len(made) > 1
    assert all(piece.height <= HEIGHT and "<th>no</th>" in piece.html for piece in made)
    assert [n for piece in made for n in re.findall(r"<td>(\d+)</td>", piece.html)] == [
        str(n) for n in range(20)
    ]


def test_slides_are_filled_in_order_and_not_beyond() -> None:
    pieces = [Piece(f"<p>{n}</p>", 60, [f"note {n}"], 1) for n in range(20)]
    slides = fill(pieces, "T", "t")
    assert "".join(html for slide in slides for html in slide.body) == "".join(
        piece.html for piece in pieces
    )
    assert max(len(slide.body) for slide in slides) <= POINTS
    assert all(slide.notes == [f"note {p[3:-4]}" for p in slide.body] for slide in slides)


def test_no_slide_is_made_for_a_last_sentence_or_for_notes() -> None:
    points = [Piece("<p>x</p>", 43, [], 1) for _ in range(POINTS + 1)]
    assert len(fill(points, "T", "t")) == 1
    assert len(fill([*points, *points], "T", "t")) == 3
    (slide,) = fill([Piece(notes=["before"]), Piece("<p>x</p>", 9), Piece(notes=["after"])], "", "")
    assert slide.notes == ["before", "after"]


def test_what_ends_a_sentence_stays_with_its_beginning() -> None:
    pieces = [Piece("a", 300), Piece("b", 200), Piece("c", 90, goes_on=True)]
    assert [slide.body for slide in fill(pieces, "", "")] == [["a"], ["bc"]]


PAGE = r"""<article>
<section id="t"><h1>Why <code>x</code>?<a class="headerlink" href="#t">#</a></h1>
<div class="card-objectives"><p>After</p><ul><li><p>do it</p></li></ul><p>more</p></div>
<p>Here it is. Like this:</p><div class="highlight-python"><div class="highlight"><pre>f()</pre>
</div></div><p>Not for the slide.</p>
<section id="law"><h2>The law</h2><p>Time is bytes over bandwidth.</p>
<div class="math notranslate nohighlight">\[ T = V \]</div><p>where <b>V</b> is bytes.</p></section>
<section id="breaks"><h2>What breaks it</h2>
<p><strong>Cache.</strong> It is small. It is near. The rest of it is for the speaker alone.</p>
</section>
<section id="quiz"><h2>Quiz</h2><div class="question"><p>How many?</p>
<details class="answer" data-correct="false"><summary>24</summary>
<p><strong>Not this one. </strong>Few.</p></details>
<details class="answer" data-correct="true"><summary>40</summary>
<p><strong>Right. </strong>Five times eight.</p></details></div><p>Now the exercise.</p></section>
<section id="away"><h2>Take-away</h2><ol><li>One.</li><li>Two.</li></ol></section>
</section></article>"""


@pytest.fixture
def deck() -> list[Slide]:
    return slides_of(PAGE, "lessons/x.html", "C &", ["`f` (core): a < b"])


def test_a_page_becomes_a_deck(deck: list[Slide]) -> None:
    expected = ["title", "can", "t", "law", "breaks", "question-1", "exercise", "away"]
    assert [slide.key for slide in deck] == expected
    title, can, opening, law, breaks, _, exercise, away = deck
    assert title.title == "Why <code>x</code>?"
    assert title.body == ['<p class="facts">C &amp;</p>']
    assert can.body == ["<ul><li><p>do it</p></li></ul>"]
    assert "Here it is. Like this:" in opening.body[0]
    assert "f()" in opening.body[0]
    assert opening.notes == ["<p>Not for the slide.</p>"]
    assert 'class="math"' in law.body[0]
    assert "where" in law.body[0]
    assert breaks.body == ["<p><strong>Cache.</strong> It is small. It is near.</p>"]
    assert "for the speaker" in breaks.notes[0]
    assert "<code>f</code> (core): a &lt; b" in exercise.body[0]
    assert exercise.notes == ["<p>Now the exercise.</p>"]
    assert away.body == ["<ol><li>One.</li><li>Two.</li></ol>"]


def test_the_right_answer_waits_for_the_next_step(deck: list[Slide]) -> None:
    slide = next(slide for slide in deck if slide.kind == "quiz")
    soup = BeautifulSoup("".join(slide.body), "html.parser")
    steps = soup.select(".fragment")
    assert [step["data-fragment-index"] for step in steps] == ["0", "0"]
    assert [step.get_text() for step in steps] == ["✓ right", "B. Five times eight."]
    for step in steps:
        step.decompose()
    assert "Right" not in soup.get_text()
    assert soup.ol is not None
    assert [item.get_text().strip() for item in soup.ol.find_all("li")] == ["24", "40"]
    assert "Few." in slide.notes[0]
    assert "Five times eight." in slide.notes[1]


NOTES = """<article><section id="n"><h1>Notes</h1>
<section id="aim"><h2>Aim</h2><p>Count first.</p></section>
<section id="clock"><h2>Clock</h2><table><thead><tr><th>minutes</th><th>what</th></tr></thead>
<tbody><tr><td>0–5</td><td>The first screen</td></tr><tr><td>5–9</td><td>Exercise, f</td></tr>
</tbody></table></section>
<section id="wrong"><h2>What people believe</h2><ul><li>“The law lies.” <em>Ask</em> them.</li>
<li>A small cache is slow.</li><li>Bananas are blue.</li><li>In <code>f</code> they err.</li></ul>
</section></section></article>"""


def test_notes_stand_where_they_are_spoken(deck: list[Slide]) -> None:
    attach(deck, NOTES, ["f"])
    said = {slide.key: " ".join(slide.notes) for slide in deck}
    assert "Count first." in said["title"]
    assert "The first screen" in said["title"]
    assert "<b>Minutes 0–5:</b> The first screen" in said["t"]
    assert said["t"].endswith("<h4>The page says</h4> <p>Not for the slide.</p>")
    assert "The law lies." in said["law"]
    assert "small cache" in said["breaks"]
    for words in ("Minutes 5–9", "Bananas", "they err"):
        assert words in said["exercise"]
    assert said["exercise"].count("<h4>What people believe</h4>") == 1
    assert said["question-1"].count("<h4>") == 0


DEMO = """<article><section id="d"><h1>Demo</h1><section id="c"><h2>Caches</h2>
<div class="cell"><figure class="hpclab-figure"><div role="img" aria-label="Small cache, long time">
<svg><path id="m1"/><use href="#m1"/><g clip-path="url(#m1)"/></svg></div>
<details>in words</details></figure></div><p>Seen?</p><div class="cell">x</div><p>Later.</p>
</section></section></article>"""


def test_a_figure_stands_behind_its_section_under_names_of_its_own(deck: list[Slide]) -> None:
    show_figures(deck, DEMO)
    at = next(n for n, slide in enumerate(deck) if slide.kind == "figure")
    assert deck[at - 1].key == deck[at].key == "breaks"
    assert deck[at].title == "Caches"
    image = deck[at].body[0]
    assert 'id="figure1-m1"' in image
    assert 'href="#figure1-m1"' in image
    assert "url(#figure1-m1)" in image
    notes = " ".join(deck[at].notes)
    assert "Small cache, long time" in notes
    assert "Seen?" in notes
    assert "Later." not in notes


def test_the_book_brings_its_slides(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    html = build(root)
    names = {path.name for path in (html / "slides").iterdir() if path.suffix == ".html"}
    assert names == {"one.html", "two.html", "index.html"}
    for name in names:
        page = BeautifulSoup((html / "slides" / name).read_text("utf-8"), "html.parser")
        assert page.html is not None
        assert page.html["lang"] == "en-GB"
        assert page.title is not None
        assert page.title.get_text()
        for tag in page.select("[src], link[href]"):
            asked = str(tag.get("src") or tag.get("href")).partition("?")[0]
            assert (html / "slides" / asked).is_file(), asked
    assert 'href="../slides/one.html"' in (html / "instructors/one.html").read_text("utf-8")
    assert "/slides/" not in (html / "lessons/one.html").read_text("utf-8")


def test_only_a_changed_lesson_is_made_again(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    build(root)
    course, work = Course.load(root), root / "_build/book"
    again = lambda: build_slides(course, work / "sphinx", work / "slides")  # noqa: E731
    assert again() == []
    page = work / "sphinx/lessons/two.html"
    page.write_text(page.read_text("utf-8").replace("First words", "Other words"), "utf-8")
    (work / "slides/stray.html").write_text("stray")
    assert again() == ["two"]
    assert "Other words" in (work / "slides/two.html").read_text("utf-8")
    assert not (work / "slides/stray.html").exists()
    assert again() == []
