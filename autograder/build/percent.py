"""A demo's percent script as the notebook that the book executes and renders."""

from nbformat import NotebookNode

MARK = "# %%"


def read_demo(text: str) -> NotebookNode:
    """The notebook of a percent script, with the line where each cell starts.

    myst-nb takes the lines from `source_map`, so that a warning names the author's line.
    """
    import jupytext  # takes a second to import, and only demos that changed are read

    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    notebook.metadata.pop("jupytext", None)
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if line.startswith(MARK)]
    if len(marks) == len(notebook.cells):
        notebook.metadata["source_map"] = marks
    return notebook
