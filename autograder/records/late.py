"""nbgrader's late rule, asked without the gradebook that AssignLatePenalties would open itself."""

from collections.abc import Collection
from typing import Any

from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.converters import Autograde
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import false, or_
from traitlets.config import Config
from traitlets.utils.importstring import import_item

RULES = ("none", "zero")  # nbgrader's own: no penalty, or all points


class LateRule:
    """What the course's settings take from work that is handed in after its deadline.

    That is AssignLatePenalties with its plugin where it is a step of `nbgrader autograde`, or
    nothing.
    """

    def __init__(self, config: Config) -> None:
        autograde = Autograde(config=config)
        kinds = (
            import_item(step) if isinstance(step, str) else step
            for step in autograde.autograde_preprocessors
        )
        steps = (k for k in kinds if isinstance(k, type) and issubclass(k, AssignLatePenalties))
        step = next(steps, None)
        self._step = step(parent=autograde) if step else None
        if self._step:
            self._step.init_plugin()

    @property
    def name(self) -> str:
        """`none`, `zero`, or the class of another plugin."""
        plugin = self._step.plugin_inst if self._step else None
        if plugin is None:
            return RULES[0]
        if type(plugin) is LateSubmissionPlugin:
            return str(plugin.penalty_method)
        return f"{type(plugin).__module__}.{type(plugin).__qualname__}"

    def penalty(self, submission: SubmittedAssignment, submitted: Any) -> float | None:
        """What is taken from one notebook's points; None where the rule says nothing."""
        if self._step is None or submission.assignment.duedate is None:
            return None
        if (late := submission.total_seconds_late) <= 0:
            return None
        plugin = self._step.plugin_inst
        penalty = plugin.late_submission_penalty(submission.student_id, submitted.score, late)
        return None if penalty is None else self._step._check_late_penalty(submitted, penalty)

    def settle(
        self, gradebook: Gradebook, assignment: str, students: Collection[str] | None = None
    ) -> list[str]:
        """Apply the rule to what is graded, of `students` or all; whose points changed by it.

        A deadline may have been moved since, or a person may have given points.
        """
        gradebook.db.remove()  # what others have written meanwhile is wanted
        known = gradebook.find_assignment(assignment)
        lost = SubmittedAssignment.late_submission_penalty > 0
        late = SubmittedAssignment.timestamp > known.duedate if known.duedate else false()
        wanted = gradebook.db.query(SubmittedAssignment).filter(
            SubmittedAssignment.assignment_id == known.id, or_(lost, late)
        )
        changed = []
        for submission in wanted:
            if students is not None and submission.student_id not in students:
                continue
            for submitted in submission.notebooks:
                penalty = self.penalty(submission, submitted)
                if (penalty or 0.0) != (submitted.late_submission_penalty or 0.0):
                    submitted.late_submission_penalty = penalty
                    changed.append(submission.student_id)
        gradebook.db.commit()
        return list(dict.fromkeys(changed))


def penalties(gradebook: Gradebook, assignment: str) -> dict[str, float]:
    """The points that each learner loses for being late; who loses none is left out."""
    lost = SubmittedAssignment.late_submission_penalty
    rows = gradebook.db.query(SubmittedAssignment.student_id, lost).filter(
        SubmittedAssignment.assignment_id == gradebook.find_assignment(assignment).id, lost > 0
    )
    return {student: float(penalty) for student, penalty in rows}
