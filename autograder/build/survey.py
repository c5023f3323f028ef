"""Surveys: questions as text of the page, which book/script/survey.js makes into a form."""

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from autograder.build.tags import Tag, course_of, words

SURVEY = "survey"  # where the questions of a page are kept among what Sphinx knows of it
_MOST = 9  # choices: more belong into two questions


class AskDirective(SphinxDirective):
    """A question of a survey: its choices as a list, or nothing for an answer in words."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The question with an id that says where it stands: `ask-1` on its page."""
        page = self.env.docname
        if page not in course_of(self).course.surveys:
            raise self.error("ask: only a page that course.toml names in `surveys` asks")
        known: dict[str, Any] = self.env.metadata[page].setdefault(SURVEY, {})
        number = str(len(known) + 1)
        inlines, messages = self.parse_inline(self.arguments[0])
        question = Tag("p", *inlines, classes=["ask-question"])
        body = self.parse_content_to_nodes()
        choices = [
            " ".join(item.astext().split())
            for node in body
            if isinstance(node, nodes.bullet_list)
            for item in node.findall(nodes.list_item)
        ]
        if body and not (len(body) == 1 and 2 <= len(choices) <= _MOST):
            raise self.error(f"ask: expected one list of 2 to {_MOST} choices, or nothing")
        known[number] = {"text": " ".join(question.astext().split()), "choices": choices}
        answers = body or [words("p", "In your own words.", classes=["ask-words"])]
        where = {"data-ask": f"{page}/{number}"}
        return [
            Tag("div", question, *answers, classes=["ask"], ids=[f"ask-{number}"], **where),
            *messages,
        ]
