"""What the build adds to the theme's pages; tests/browser/test_axe.py judges the whole."""

from autograder.build.accessible import accessible

ARROW = '<details open="open"><summary><span></span></summary>'


def test_an_arrow_is_named_after_its_page() -> None:
    for title in ("Why?", "<code><span>Why?</span></code>"):
        link = f'<a class="current reference internal" href="#">{title}</a>'
        page = accessible(f"<li>{link}{ARROW}<ul>")
        assert '<summary aria-label="Pages under Why?"><span>' in page
        assert 'href="#" aria-current="page">' in page
    quoted = accessible(f'<a class="reference internal" href="x.html">"No"</a>{ARROW}')
    assert 'aria-label="Pages under &quot;No&quot;"' in quoted


def test_text_and_other_links_stay_as_they_are() -> None:
    page = '<p><a class="reference internal" href="a.html">A</a> <details><summary>B</summary></p>'
    assert accessible(page) == page
