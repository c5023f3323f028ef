"""The book's Sphinx extension: lesson cards, quizzes, metadata, maths without a network."""

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder.build.home import Lessons, OpenExercise, Progress, Tracks
from autograder.build.metadata import training_material
from autograder.build.outline import write_outline
from autograder.build.quiz import AnswerDirective, QuestionDirective
from autograder.build.survey import AskDirective
from autograder.build.tags import (
    Tag,
    close_tag,
    course_of,
    doc_link,
    lab_links,
    naming,
    open_tag,
    placeholder,
    words,
)
from hpclab.course import Course, Lesson

MATHJAX = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


class Objectives(SphinxDirective):
    """The card at the top of a lesson: what you will be able to do, how long, what comes first."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The list that the author wrote, and what course.toml knows of the lesson."""
        folder, _, slug = self.env.docname.rpartition("/")
        if folder != "lessons":
            raise self.error("objectives: only a lesson's page (book/lessons/<slug>.md) has them")
        with naming(self, "objectives"):
            lesson = course_of(self).lesson(slug)
        listed = self.parse_content_to_nodes()
        if not any(isinstance(node, nodes.bullet_list) for node in listed):
            raise self.error("objectives: expected a list, one line `- verb ...` an objective")
        facts = Tag("dl", *_facts(lesson), classes=["lesson-facts"])
        links = Tag("p", *lab_links(self.env.docname, slug), classes=["lab-links"])
        title = words("p", "After this lesson you can", classes=["card-title"])
        progress = placeholder("lesson", slug)
        return [Tag("div", title, *listed, facts, links, progress, classes=["card-objectives"])]


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


def link_demo(app: Sphinx, doctree: nodes.document) -> None:
    """Under a demo's title: links to its notebook in the lab and to its lesson."""
    folder, _, slug = app.env.docname.rpartition("/")
    title = next(doctree.findall(nodes.title), None)
    if folder == "demos" and title is not None:
        back = [nodes.Text("Lesson: "), doc_link(f"lessons/{slug}")]
        links = Tag("p", *lab_links(app.env.docname, slug)[:2], *back, classes=["lab-links"])
        title.parent.insert(title.parent.index(title) + 1, links)


def link_slides(app: Sphinx, doctree: nodes.document) -> None:
    """Under the title of instructor notes: the link to the lesson's slides."""
    folder, _, slug = app.env.docname.rpartition("/")
    title = next(doctree.findall(nodes.title), None)
    if folder == "instructors" and title is not None:
        link = words("a", "Slides", classes=["lab-link"], href=f"../slides/{slug}.html")
        title.parent.insert(title.parent.index(title) + 1, Tag("p", link, classes=["lab-links"]))


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


def run_in_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """On each demo's page, when Thebe is there: the script that runs its cells."""
    if app.config.live_code and page.startswith("demos/"):
        app.add_js_file("live.js", type="module")


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
    app.add_config_value("live_code", False, "html", [bool])
    app.add_node(Tag, html=(open_tag, close_tag))
    app.add_directive("objectives", Objectives)
    app.add_directive("question", QuestionDirective)
    app.add_directive("answer", AnswerDirective)
    app.add_directive("ask", AskDirective)
    app.add_directive("tracks", Tracks)
    app.add_directive("lessons", Lessons)
    app.add_directive("progress", Progress)
    app.add_directive("open-exercise", OpenExercise)
    app.connect("doctree-read", link_demo)
    app.connect("doctree-read", link_slides)
    app.connect("html-page-context", add_metadata)
    app.connect("html-page-context", run_in_page)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", write_outline)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
