"""What came of grading one submission, and the notebook that shows it."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.examiner.assignment import Assignment, grade_id, mark
from autograder.examiner.submission import Submission
from hpclab.verdicts import Result

Outputs = list[dict[str, Any]]


@dataclass(frozen=True)
class Record:
    """What came of it; plain values, which can be journalled.

    outputs: notebook outputs of each of the assignment's cells, in their order; results: of each
    check (none in an assignment for stock nbgrader); inconclusive: the grade cells that a person
    must look at; waiting: names of checks that were put off until they can be timed alone; notes:
    sentences for the instructor; cpu, wall: seconds; layers: what confined the code.
    """

    outputs: list[Outputs]
    results: list[Result] = field(default_factory=list)
    inconclusive: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cpu: float = 0.0
    wall: float = 0.0
    layers: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Record":
        """The record back from JSON values."""
        return cls(**{**record, "results": [Result.from_json(one) for one in record["results"]]})


def left_to_a_person(assignment: Assignment, note: str) -> Record:
    """The record of a notebook that could not be graded: each of its grades waits."""
    names = [grade_id(cell) for cell in assignment.cells if mark(cell)["grade"]]
    text = f"This could not be graded: a person will look at it. {note}\n"
    said = [{"output_type": "stream", "name": "stdout", "text": text}]
    outputs = [said if grade_id(cell) in names else [] for cell in assignment.cells]
    return Record(outputs, inconclusive=names, notes=[note])


def graded_notebook(assignment: Assignment, submission: Submission, record: Record) -> Any:
    """The instructor's notebook with the learner's cells in it, and the outputs of grading.

    It is what nbgrader calls the autograded notebook, whatever the submission's own looked like.
    """
    import nbformat  # here, because it takes a second to import, and an examiner does without

    cells = []
    for i, (cell, outputs) in enumerate(zip(assignment.cells, record.outputs, strict=True)):
        text = submission.cells.get(grade_id(cell), cell["source"])
        cell = {"id": f"cell-{i}", **cell, "source": text}
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs
        cells.append(cell)
    about = {"language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    # What a learner's code printed may hold halves of characters, which no file takes.
    data = json.dumps(notebook, ensure_ascii=False).encode(errors="replace")
    return nbformat.from_dict(json.loads(data))
