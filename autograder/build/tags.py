"""What our directives share: HTML elements in the document tree, links, the course."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from hpclab.course import MANIFEST, Course
from hpclab.errors import HpclabError


class Tag(nodes.General, nodes.TextElement):
    """An HTML element: `Tag("a", *children, href="...", classes=["button"])`."""

    def __init__(self, tag: str = "", *children: nodes.Node, **attributes: Any) -> None:
        ours = {name: attributes.pop(name, []) for name in ("classes", "ids")}
        super().__init__("", "", *children, tag=tag, html=attributes, **ours)

    def copy(self) -> "Tag":
        """A copy without children, as docutils asks for."""
        return Tag(self["tag"], classes=self["classes"], ids=self["ids"], **self["html"])


def open_tag(translator: Any, node: Tag) -> None:
    """What Sphinx writes before an element's children."""
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def close_tag(translator: Any, node: Tag) -> None:
    """What Sphinx writes after them."""
    translator.body.append(f"</{node['tag']}>")


def words(tag: str, text: str, **attributes: Any) -> Tag:
    """An HTML element that holds plain text."""
    return Tag(tag, nodes.Text(text), **attributes)


def doc_link(docname: str, text: str = "") -> addnodes.pending_xref:
    """A link to a page of the book; its text is the page's title unless given."""
    label = nodes.inline("", text or docname, classes=["std", "std-doc"])
    where = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{docname}"}
    return addnodes.pending_xref("", label, refexplicit=bool(text), refwarn=True, **where)


def space() -> nodes.Text:
    """A place where a line may break."""
    return nodes.Text(" ")


def lab_links(docname: str, slug: str) -> list[nodes.Node]:
    """Links from the page to the lesson's notebooks in the lab.

    They are relative, because a Hub serves everything behind a prefix of its own: the book is at
    `<prefix>/course/` and the lab at `<prefix>/lab`. All of them open in one tab of their own.
    """
    up = "../" * (docname.count("/") + 1)
    targets = [("Open the demo", f"demos/{slug}.ipynb")]
    targets += [("Open the exercise", f"{slug}/{slug}.ipynb")]
    links: list[nodes.Node] = []
    for text, path in targets:
        href = f"{up}lab/tree/{path}"
        links += [words("a", text, classes=["lab-link"], href=href, target="hpclab-lab"), space()]
    return links


def course_of(directive: SphinxDirective) -> Course:
    """The course of this book; the page is read again when the manifest changes."""
    root = Path(directive.config.course_root)
    directive.env.note_dependency(str(root / MANIFEST))
    return Course.load(root)


def placeholder(kind: str, name: str = "") -> Tag:
    """An empty place that book/script/progress.js fills; without a script it stays away."""
    return Tag("div", classes=["your-progress"], hidden="hidden", **{f"data-{kind}": name})


@contextmanager
def naming(directive: SphinxDirective, option: str) -> Iterator[None]:
    """A name that nobody knows is an error at the directive's line."""
    try:
        yield
    except HpclabError as error:
        raise directive.error(f"{option}: {error}") from None
