"""What the theme's pages lack for readers who listen to them."""

import re

# Each of the theme's words, and what stands there instead.
EDITS = {
    # A landmark: a screen reader can go there, and past it.
    '<div id="pst-primary-sidebar"': ' role="complementary" aria-label="Course"',
    # The page that is open is not told by its colour alone.
    '<a class="current reference internal" href="#"': ' aria-current="page"',
    # Windows have names.
    '<dialog id="pst-primary-sidebar-modal"': ' aria-label="Course"',
    '<dialog id="pst-secondary-sidebar-modal"': ' aria-label="Contents of this page"',
    '<dialog id="pst-search-dialog"': ' aria-label="Search"',
}
FOLDED = re.compile(
    r'(<a class="[^"]*\breference internal" [^>]*>)(.*?)(</a><details[^>]*><summary)>'
)


def accessible(page: str) -> str:
    """The HTML of a page with the names and roles that the theme does not give.

    Nothing that can be seen changes. Every page is held by tests/browser/test_axe.py.
    """
    for start, more in EDITS.items():
        page = page.replace(start, start + more)
    page = page.replace('role="doc-biblioentry"', 'role="listitem"')  # deprecated; it is in a list
    return FOLDED.sub(_named, page)


def _named(found: re.Match[str]) -> str:
    """An arrow that folds a part of the contents, named after the page above it."""
    link, title, arrow = found.groups()
    words = re.sub(r"<[^>]*>", "", title).strip().replace('"', "&quot;")
    return f'{link}{title}{arrow} aria-label="Pages under {words}">'
