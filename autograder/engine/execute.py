"""nbgrader's `Execute` step, done by the examiner: `nbgrader autograde` and Formgrader use it."""

import atexit
from pathlib import Path
from typing import Any, ClassVar

from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Integer, Unicode

from autograder.engine.course import CourseFolder
from autograder.examiner.client import Examiner
from autograder.examiner.record import graded_notebook
from autograder.examiner.submission import read_submission


class GradingExecute(NbGraderPreprocessor):
    """Grade a submission, and put the outputs where nbgrader looks for grades.

    What nbgrader has made of the notebook so far is not used: the learner's cells are read anew
    from what was handed in, everything else comes from the instructor.
    """

    hidden_directory = Unicode(help="The folder with <assignment>.py of hidden checks.").tag(
        config=True
    )
    seed = Integer(0, help="The seed of the checks' random inputs.").tag(config=True)
    limits = Dict(help="What a check may take that says nothing itself; see Limits.").tag(
        config=True
    )
    trust_submissions = Bool(
        False, help="Grade even where nothing can confine the code that is graded."
    ).tag(config=True)

    _examiners: ClassVar[dict[bool, Examiner]] = {}  # nbgrader makes this step for each notebook

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """The graded notebook; `resources["hpclab"]["inconclusive"]` names cells for a person."""
        about = resources["nbgrader"]
        folder = CourseFolder(Path.cwd(), self.config)
        with Gradebook(about["db_url"], folder.directory.course_id) as gradebook:
            found = folder.assignments(about["assignment"], gradebook)
        (assignment,) = [one for one in found if one.notebook == about["notebook"]]
        place = folder.submitted(about["student"], about["assignment"])
        submission = read_submission(place, about["student"], assignment)
        record = self._examiner().examine(assignment, submission)
        for note in record.notes:
            self.log.warning("%s", note)
        resources["hpclab"] = {"inconclusive": record.inconclusive}
        return graded_notebook(assignment, submission, record), resources

    def _examiner(self) -> Examiner:
        trust = self.trust_submissions
        if trust not in self._examiners:
            self._examiners[trust] = Examiner(trust=trust)
            atexit.register(self._examiners[trust].close)
        return self._examiners[trust]
