"""`python -m autograder.workshop.sheet FOLDER BOOK`: a learner's surveys that may be counted.

Run as the learner, for root never looks into a folder that is somebody else's. Prints
`{survey: {question: answer}}` as JSON; what was not sent stays where it is.
"""

import json
import stat
import sys
from pathlib import Path

from hpclab.learner.progress import Progress
from hpclab.learner.state import fold
from hpclab.outline import Outline

LARGEST = 64 << 20  # bytes of a progress file; a busy week makes one


def sheet(folder: Path, book: Path) -> dict[str, dict[str, str]]:
    """The answers to each survey that was sent."""
    progress = Progress(folder)
    assert progress.file
    if not progress.file.exists():
        return {}
    about = progress.file.stat()
    if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
        sys.exit(f"the progress file is no plain file of at most {LARGEST >> 20} MiB")
    surveys = fold(progress.events(), Outline.load(book)).surveys
    return {name: survey.answers for name, survey in surveys.items() if survey.sent}


if __name__ == "__main__":
    print(json.dumps(sheet(Path(sys.argv[1]), Path(sys.argv[2]))))
