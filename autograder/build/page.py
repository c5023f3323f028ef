"""The book's Sphinx extension: lesson cards, quizzes, metadata, maths without a network."""

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder.build.metadata import training_material
from hpclab.course import MANIFEST, Course, Lesson
from hpclab.errors import HpclabError

MATHJAX = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


class Tag(nodes.General, nodes.TextElement):
    """An HTML element: `Tag("a", *children, href="...", classes=["button"])`."""

    def __init__(self, tag: str = "", *children: nodes.Node, **attributes: Any) -> None:
        ours = {name: attributes.pop(name, []) for name in ("classes", "ids")}
        super().__init__("", "", *children, tag=tag, html=attributes, **ours)

    def copy(self) -> "Tag":
        """A copy without children, as docutils asks for."""
        return Tag(self["tag"], classes=self["classes"], ids=self["ids"], **self["html"])


def _open_tag(translator: Any, node: Tag) -> None:
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def _close_tag(translator: Any, node: Tag) -> None:
    translator.body.append(f"</{node['tag']}>")


def words(tag: str, text: str, **attributes: Any) -> Tag:
    """An HTML element that holds plain text."""
    return Tag(tag, nodes.Text(text), **attributes)


class Objectives(SphinxDirective):
    """The card at the top of a lesson: what you will be able to do, how long, what comes first."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The list that the author wrote, and what course.toml knows of the lesson."""
        folder, _, slug = self.env.docname.rpartition("/")
        if folder != "lessons":
            raise self.error("objectives: only a lesson's page (book/lessons/<slug>.md) has them")
        course = _course(self)
        try:
            lesson = course.lesson(slug)
        except HpclabError as error:
            raise self.error(str(error)) from None
        listed = self.parse_content_to_nodes()
        if not any(isinstance(node, nodes.bullet_list) for node in listed):
            raise self.error("objectives: expected a list, one line `- verb ...` an objective")
        facts = Tag("dl", *_facts(lesson), classes=["lesson-facts"])
        links = Tag("p", *lab_links(self.env.docname, slug), classes=["lab-links"])
        title = words("p", "After this lesson you can", classes=["card-title"])
        return [Tag("div", title, *listed, facts, links, classes=["card-objectives"])]


def _course(directive: SphinxDirective) -> Course:
    """The course of this book; the page is read again when the manifest changes."""
    root = Path(directive.config.course_root)
    directive.env.note_dependency(str(root / MANIFEST))
    return Course.load(root)


def _facts(lesson: Lesson) -> list[nodes.Node]:
    """Time, prerequisites and skills, as pairs of dt and dd."""
    time = lesson.minutes
    parts = {"page": time.page, "demo": time.demo, "core task": time.core}
    parts["stretch tasks"] = time.stretch
    minutes = ", ".join(f"{part} {spent}" for part, spent in parts.items())
    needs: list[nodes.Node] = []
    for slug in lesson.needs:
        needs += [nodes.Text(", "), doc_link(f"lessons/{slug}")]
    skills = ", ".join(f"{skill.name} ({skill.id})" for skill in lesson.skills)
    return [
        words("dt", "Minutes"),
        words("dd", minutes),
        words("dt", "Prerequisites"),
        Tag("dd", *needs[1:]) if needs else words("dd", "none"),
        *([words("dt", "Skills"), words("dd", skills)] if skills else []),
    ]


def doc_link(docname: str, text: str = "") -> addnodes.pending_xref:
    """A link to a page of the book; its text is the page's title unless given."""
    label = nodes.inline("", text or docname, classes=["std", "std-doc"])
    where = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{docname}"}
    return addnodes.pending_xref("", label, refexplicit=bool(text), refwarn=True, **where)


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


def space() -> nodes.Text:
    """A place where a line may break."""
    return nodes.Text(" ")


class Question(SphinxDirective):
    """A quiz question; its answers are `answer` directives inside it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The question with an id that says where it stands: `question-1` on its page."""
        slug = self.env.docname.rpartition("/")[2]
        number = self.env.temp_data.get("questions", 0) + 1
        self.env.temp_data["questions"] = number
        body = self.parse_content_to_nodes()
        answers = [node for node in body if isinstance(node, Tag) and node["tag"] == "details"]
        if not any(answer["html"]["data-correct"] == "true" for answer in answers):
            raise self.error("question: expected answers, at least one of them with `:correct:`")
        for letter, answer in zip("abcdefgh", answers, strict=False):
            answer["ids"] = [f"question-{number}-{letter}"]
        ids, data = [f"question-{number}"], {"data-question": f"{slug}/{number}"}
        return [Tag("div", *body, classes=["question"], ids=ids, **data)]


class Answer(SphinxDirective):
    """One answer to a question: opening it says whether it is right, and why."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"correct": directives.flag}

    def run(self) -> list[nodes.Node]:
        """A `<details>`: the keyboard opens it, and it needs no script."""
        if not self.content:
            raise self.error("answer: expected the reason why it is right or wrong")
        correct = "correct" in self.options
        inlines, messages = self.parse_inline(self.arguments[0])
        verdict = words("strong", "Right. " if correct else "Not this one. ")
        reason = self.parse_content_to_nodes()
        if isinstance(reason[0], nodes.paragraph):
            reason[0].insert(0, verdict)
        else:
            reason.insert(0, nodes.paragraph("", "", verdict))
        data = {"data-correct": "true" if correct else "false"}
        return [
            Tag("details", Tag("summary", *inlines), *reason, classes=["answer"], **data),
            *messages,
        ]


class Tracks(SphinxDirective):
    """The table of tracks: for whom, which lessons in which order, how long."""

    def run(self) -> list[nodes.Node]:
        """One row a track of course.toml."""
        course = _course(self)
        titles = ("Track", "Lessons in order", "Hours", "With stretch tasks")
        head = Tag("tr", *(words("th", title, scope="col") for title in titles))
        rows = []
        for track in course.tracks.values():
            lessons: list[nodes.Node] = []
            for slug in track.lessons:
                lessons += [nodes.Text(", "), doc_link(f"lessons/{slug}")]
            times = [course.lesson(slug).minutes for slug in track.lessons]
            everything = sum(time.total for time in times)
            least = everything - sum(time.stretch for time in times)
            cells = [words("td", track.title), Tag("td", *lessons[1:])]
            cells += [words("td", f"{minutes / 60:.1f}") for minutes in (least, everything)]
            rows.append(Tag("tr", *cells))
        return [Tag("table", Tag("thead", head), Tag("tbody", *rows), classes=["table", "tracks"])]


def link_demo(app: Sphinx, doctree: nodes.document) -> None:
    """Under a demo's title: links to its notebook in the lab and to its lesson."""
    folder, _, slug = app.env.docname.rpartition("/")
    title = next(doctree.findall(nodes.title), None)
    if folder == "demos" and title is not None:
        back = [nodes.Text("Lesson: "), doc_link(f"lessons/{slug}")]
        links = Tag("p", *lab_links(app.env.docname, slug)[:2], *back, classes=["lab-links"])
        title.parent.insert(title.parent.index(title) + 1, links)


def add_metadata(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """On each lesson's page: what training portals harvest, as JSON-LD."""
    folder, _, slug = page.rpartition("/")
    if doctree is None or folder != "lessons":
        return
    course = Course.load(Path(app.config.course_root))
    card = next((n for n in doctree.findall(Tag) if "card-objectives" in n["classes"]), None)
    items = card.findall(nodes.list_item) if card else ()
    opening = (p.astext() for p in doctree.findall(nodes.paragraph) if not _inside(p, card))
    material = training_material(
        course,
        course.lesson(slug),
        name=app.env.titles[page].astext(),
        description=" ".join(next(opening, "").split()),
        teaches=[" ".join(item.astext().split()) for item in items],
        needs=[app.env.titles[f"lessons/{need}"].astext() for need in course.lesson(slug).needs],
    )
    text = json.dumps(material, ensure_ascii=False).replace("<", "\\u003c")
    context["metatags"] += f'<script type="application/ld+json">{text}</script>'


def _inside(node: nodes.Node, ancestor: nodes.Node | None) -> bool:
    while node.parent is not None:
        if node is ancestor:
            return True
        node = node.parent
    return False


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """The parts of MathJax that our pages load, from the installed package into `_static`."""
    if error is not None or app.builder.format != "html":
        return
    source = Path(
        str(distribution("django-static-mathjax").locate_file("mathjax/static/mathjax/es5"))
    )
    for part in MATHJAX:
        target = Path(app.outdir) / "_static" / "mathjax" / part
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (source / part).is_dir() else shutil.copy)(source / part, target)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx what this extension brings."""
    app.add_config_value("course_root", "", "env", [str])
    app.add_config_value("page_code", "", "env", [str])
    app.add_node(Tag, html=(_open_tag, _close_tag))
    app.add_directive("objectives", Objectives)
    app.add_directive("question", Question)
    app.add_directive("answer", Answer)
    app.add_directive("tracks", Tracks)
    app.connect("doctree-read", link_demo)
    app.connect("html-page-context", add_metadata)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
