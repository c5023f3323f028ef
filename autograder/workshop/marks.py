"""`python -m autograder.workshop.marks COURSE`: marks and deadlines as CSV, as the instructor.

Root does not run the settings of somebody else's course. Prints `{file: text}` as JSON.
"""

import json
import sys
from contextlib import closing
from pathlib import Path

from autograder.engine.course import CourseFolder
from autograder.engine.deadline import deadlines
from autograder.records.exports import FORMATS, csv_text, read_scores
from autograder.records.gradebook import Records

FILES = {"nbgrader": "marks.csv", "moodle": "marks-moodle.csv", "canvas": "marks-canvas.csv"}
DEADLINES = "deadlines.csv"
COLUMNS = ("assignment", "due_utc", "late_rule", "handed_in", "late", "waiting_for_a_person")


def marks(course: Path) -> dict[str, str]:
    """Each file's text."""
    folder = CourseFolder.load(course)
    with closing(Records(folder.config)) as records:
        book = records.gradebook
        scores = read_scores(book)
        rule = folder.late_rule().name
        rows = [list(COLUMNS)]
        for one in deadlines(folder, book):
            came = [s for s in scores if s.assignment == one.assignment and s.submitted]
            late = sum(book.find_submission(s.assignment, s.student_id).total_seconds_late > 0
                       for s in came if one.due)  # fmt: skip
            due = f"{one.due:%Y-%m-%d %H:%M}" if one.due else ""
            waits = sum(score.waits for score in came)
            rows.append([one.assignment, due, rule, *map(str, (len(came), late, waits))])
    texts = {file: FORMATS[name](scores) for name, file in FILES.items()}
    return {**texts, DEADLINES: csv_text(rows)}


if __name__ == "__main__":
    print(json.dumps(marks(Path(sys.argv[1]))))
