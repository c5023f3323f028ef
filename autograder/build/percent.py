"""Percent scripts, the source of every notebook."""

from nbformat import NotebookNode, from_dict

MARK = "# %%"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read_percent(text: str) -> NotebookNode:
    """The notebook of a percent script, without what jupytext would remember in it."""
    import jupytext  # takes a second to import, and a build often reads no script

    notebook = jupytext.reads(text, fmt="py:percent")
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
    notebook.metadata = from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def read_demo(text: str) -> NotebookNode:
    """The notebook of a demo, with the line where each cell starts.

    myst-nb takes the lines from `source_map`, so that a warning names the author's line.
    """
    notebook = read_percent(text)
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if line.startswith(MARK)]
    if len(marks) == len(notebook.cells):
        notebook.metadata["source_map"] = marks
    return notebook
