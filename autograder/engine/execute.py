"""nbgrader's `Execute` step, with the hidden checks within reach.

The learner's code and the hidden checks share one kernel here: grade only work that you trust.
"""

from pathlib import Path
from typing import Any

from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, setenv
from traitlets import Integer, Unicode

from hpclab.learner.notebook import HIDDEN_ENV, SEED_ENV


class GradingExecute(Execute):
    """Execute a submission with the hidden checks of its assignment."""

    hidden_directory = Unicode(help="The folder with <assignment>.py of hidden checks.").tag(
        config=True
    )
    seed = Integer(0, help="The seed of the checks' random inputs.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Run the notebook; what warnings print on stderr beside a report costs no points."""
        hidden = Path(self.hidden_directory, resources["nbgrader"]["assignment"] + ".py")
        with setenv(**{HIDDEN_ENV: str(hidden), SEED_ENV: str(self.seed)}):
            nb, resources = super().preprocess(nb, resources, km)
        for cell in filter(is_grade, nb.cells):
            outputs = cell.get("outputs", [])
            if any(output.output_type == "execute_result" for output in outputs):
                # nbgrader's determine_grade takes any line on stderr for a failure.
                cell.outputs = [o for o in outputs if o.get("name") != "stderr"]
        return nb, resources
