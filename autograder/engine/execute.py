"""nbgrader's `Execute` step, with the hidden checks within reach.

The learner's code and the hidden checks share one kernel here: grade only work that you trust.
"""

from pathlib import Path
from typing import Any

from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution, setenv
from traitlets import Integer, Unicode

from hpclab.learner.notebook import HIDDEN_ENV, SEED_ENV
from hpclab.measure.machine import notebook_settings


class GradingExecute(Execute):
    """Execute a submission with the hidden checks of its assignment."""

    hidden_directory = Unicode(help="The folder with <assignment>.py of hidden checks.").tag(
        config=True
    )
    seed = Integer(0, help="The seed of the checks' random inputs.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Run the notebook, and see to it that each checking cell says what it is worth."""
        hidden = Path(self.hidden_directory, resources["nbgrader"]["assignment"] + ".py")
        settings = {HIDDEN_ENV: str(hidden), SEED_ENV: str(self.seed), **notebook_settings()}
        with setenv(**settings):
            nb, resources = super().preprocess(nb, resources, km)
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
                cell.outputs = settle(cell.outputs, float(cell.metadata["nbgrader"]["points"]))
        return nb, resources


def settle(outputs: list[Any], points: float) -> list[Any]:
    """A checking cell's outputs, such that nbgrader's determine_grade cannot misread them.

    It takes the first result for the grade, anything that is no number in 0..points for full
    marks, and a line on stderr for none. Here exactly one such number counts, whatever was
    written beside it; anything else becomes an error, which is worth 0.
    """
    errors = [output for output in outputs if output.output_type == "error"]
    results = [output for output in outputs if output.output_type == "execute_result"]
    rest = [output for output in outputs if output.output_type not in ("error", "execute_result")]
    if not errors and len(results) == 1 and 0.0 <= _number(results[0]) <= points:
        return results + [output for output in rest if output.get("name") != "stderr"]
    return (errors or [_no_report(len(results))]) + rest


def _number(result: Any) -> float:
    """What a result's plain text says as a float; NaN where it says something else."""
    text = result.get("data", {}).get("text/plain", "")
    try:
        return float("".join(text))
    except ValueError:
        return float("nan")


def _no_report(results: int) -> Any:
    given = "another result" if results == 1 else f"{results} results"
    problem = f"expected one report of the checks from this cell (given: {given})"
    return new_output("error", ename="NoReport", evalue=problem, traceback=[f"NoReport: {problem}"])
