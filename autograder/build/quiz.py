"""Quizzes: questions whose answers open by themselves, without a script."""

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from autograder.build.outline import QUIZ
from autograder.build.tags import Tag, course_of, naming, words
from hpclab.errors import unknown
from hpclab.outline import Question


class QuestionDirective(SphinxDirective):
    """A quiz question; its answers are `answer` directives inside it."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"skip": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """The question with an id that says where it stands: `question-1` on its page."""
        folder, _, slug = self.env.docname.rpartition("/")
        number = self.env.temp_data.get("questions", 0) + 1
        self.env.temp_data["questions"] = number
        body = self.parse_content_to_nodes()
        answers = [node for node in body if isinstance(node, Tag) and node["tag"] == "details"]
        known = Question(answers={}, skip=self._skip())
        for letter, answer in zip("abcdefgh", answers, strict=False):
            answer["ids"] = [f"question-{number}-{letter}"]
            answer["html"]["data-answer"] = letter
            known.answers[letter] = answer["html"].get("data-correct") == "true"
            if track := answer["html"].get("data-track"):
                known.tracks[letter] = track
        if not known.tracks and not any(known.answers.values()):
            raise self.error("question: expected answers, at least one of them with `:correct:`")
        data = {}
        if folder in ("", "lessons"):  # elsewhere, answers are not kept
            quiz = self.env.metadata[self.env.docname].setdefault(QUIZ, {})
            quiz[str(number)] = known.model_dump()
            data = {"data-question": f"{slug}/{number}"}
        return [Tag("div", *body, classes=["question"], ids=[f"question-{number}"], **data)]

    def _skip(self) -> list[str]:
        """The lessons that a reader who answers right at once may skip."""
        slugs: list[str] = self.options.get("skip", "").split()
        with naming(self, "skip"):
            return [course_of(self).lesson(slug).slug for slug in slugs]


class AnswerDirective(SphinxDirective):
    """One answer to a question: opening it says whether it is right, and why.

    An answer with `:track:` is neither right nor wrong: it suggests that track to the reader.
    """

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "correct": directives.flag,
        "track": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """A `<details>`: the keyboard opens it, and it needs no script."""
        if not self.content:
            raise self.error("answer: expected the reason why it is right or wrong")
        inlines, messages = self.parse_inline(self.arguments[0])
        reason = self.parse_content_to_nodes()
        if track := self.options.get("track"):
            known = course_of(self).tracks
            if track not in known:
                raise self.error(f"track: {unknown('track', track, known)}")
            data = {"data-track": track}
        else:
            correct = "correct" in self.options
            _insert(reason, words("strong", "Right. " if correct else "Not this one. "))
            data = {"data-correct": "true" if correct else "false"}
        return [
            Tag("details", Tag("summary", *inlines), *reason, classes=["answer"], **data),
            *messages,
        ]


def _insert(reason: list[nodes.Node], verdict: nodes.Node) -> None:
    """Put the verdict before the reason's first word."""
    if isinstance(reason[0], nodes.paragraph):
        reason[0].insert(0, verdict)
    else:
        reason.insert(0, nodes.paragraph("", "", verdict))
