"""The tables of the home page: plain links for everybody, progress where a script fills it in."""

from typing import ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from autograder.build.tags import Tag, course_of, doc_link, lab_links, naming, placeholder, words


class Progress(SphinxDirective):
    """A place for the learner's progress."""

    required_arguments = 1
    kinds: ClassVar[tuple[str, ...]] = ("continue", "placement", "summary")

    def run(self) -> list[nodes.Node]:
        """The empty place, by its kind."""
        if self.arguments[0] not in self.kinds:
            raise self.error(f"progress: expected one of {', '.join(self.kinds)}")
        return [placeholder(self.arguments[0])]


class OpenExercise(SphinxDirective):
    """A link to an exercise's notebook in the lab: for who would rather try than read."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The link, in a paragraph of its own."""
        with naming(self, "open-exercise"):
            slug = course_of(self).lesson(self.arguments[0]).slug
        link = lab_links(self.env.docname, slug)[2]
        return [Tag("p", link, classes=["lab-links"])]


class Tracks(SphinxDirective):
    """The table of tracks: for whom, which lessons in which order, how long, how far."""

    def run(self) -> list[nodes.Node]:
        """One row a track of course.toml."""
        course = course_of(self)
        rows = []
        for name, track in course.tracks.items():
            lessons: list[nodes.Node] = []
            for slug in track.lessons:
                lessons += [nodes.Text(", "), doc_link(f"lessons/{slug}")]
            times = [course.lesson(slug).minutes for slug in track.lessons]
            everything = sum(time.total for time in times)
            least = everything - sum(time.stretch for time in times)
            title = Tag("th", nodes.Text(track.title), placeholder("track", name), scope="row")
            cells = [title, Tag("td", *lessons[1:])]
            cells += [words("td", f"{minutes / 60:.1f}") for minutes in (least, everything)]
            rows.append(Tag("tr", *cells))
        return [_table(("Track", "Lessons in order", "Hours", "With stretch tasks"), rows)]


class Lessons(SphinxDirective):
    """The table of all lessons in the order of the book, with the minutes to the core task."""

    def run(self) -> list[nodes.Node]:
        """One row a lesson of course.toml."""
        rows = []
        for module in course_of(self).modules:
            for lesson in module.lessons:
                time = lesson.minutes
                link = doc_link(f"lessons/{lesson.slug}")
                title = Tag("th", link, placeholder("state", lesson.slug), scope="row")
                minutes = str(time.page + time.demo + time.core)
                rows.append(Tag("tr", title, words("td", module.title), words("td", minutes)))
        return [_table(("Lesson", "Part", "Minutes to the core task"), rows)]


def _table(titles: tuple[str, ...], rows: list[Tag]) -> Tag:
    head = Tag("tr", *(words("th", title, scope="col") for title in titles))
    table = Tag("table", Tag("thead", head), Tag("tbody", *rows), classes=["table"])
    return Tag("div", table, classes=["pst-scrollable-table-container"])
