"""The floor of grading: the cells' own work in a fork of a warm process, and nothing else.

    python benchmarks/grading_floor.py COURSE ASSIGNMENT     (benchmarks/grading.py starts it)

Prints the CPU seconds of all submissions together. No sandbox, no limits, no wire, no gradebook.
"""

import os
import resource
import sys
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.examiner.assignment import grade_id, load_assignment, mark
from autograder.examiner.submission import read_submission
from autograder.sandbox.warm import warm


def main():
    course, name = Path(sys.argv[1]), sys.argv[2]
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        (assignment,) = load_assignment(course / "source" / name, gradebook)
    todo = []
    for folder in sorted((course / "submitted").glob(f"*/{name}")):
        given = read_submission(folder, "", assignment).cells
        cells = [cell for cell in assignment.cells if cell["cell_type"] == "code"]
        own = {grade_id(cell) for cell in cells if mark(cell)["solution"]} & set(given)
        todo.append([given[grade_id(c)] if grade_id(c) in own else c["source"] for c in cells])
    shell = warm()
    for texts in todo:
        pid = os.fork()
        if pid == 0:
            for text in texts:
                shell.run(text, 2_000)
            os._exit(0)
        os.waitpid(pid, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main()
