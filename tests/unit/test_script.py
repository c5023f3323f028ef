"""An exercise as a script: what an editor shows, and what of an edit comes back."""

import copy
from typing import Any

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpclab.cells import mark
from hpclab.errors import HpclabError
from hpclab.learner.script import merge, render, same
from tests.unit.exercises import Cell, code, notebook, prose

HEADS = ["[markdown]", "", "[markdown]", 'task="f"', 'check="f"', "[markdown]", 'task="g"',
         'check="g"', '[markdown] essay="why"']  # fmt: skip


def sources(made: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in made["cells"]]


def marks(made: dict[str, Any]) -> list[str]:
    return [mark(cell)["grade_id"] for cell in made["cells"] if mark(cell)]


def test_the_script_is_clean_text() -> None:
    text = render(notebook())
    heads = [line.removeprefix("# %%").strip() for line in text.splitlines() if "# %%" in line]
    assert heads == HEADS
    assert "# ## `f`\n" in text
    for noise in ("nbgrader", "jupytext", "checksum", "hidden", "check('f')"):
        assert noise not in text


def test_there_and_back_changes_nothing() -> None:
    given = notebook()
    assert merge(render(given), given, "ex") == given


def test_an_answer_comes_back_and_everything_else_stays() -> None:
    given, text = notebook(), render(notebook())
    answer = "def f(x):\n    return math.sqrt(x)"
    given["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "old"}]
    stub = "def f(x):\n    raise NotImplementedError()"
    made = merge(text.replace(stub, answer), given, "ex")
    wanted = copy.deepcopy(given)
    wanted["cells"][3] |= {"source": answer, "outputs": []}
    assert made == wanted
    assert given["cells"][3]["source"] == stub, "the given notebook is not touched"


def test_locked_cells_come_back_where_they_were() -> None:
    text = render(notebook()).replace('# %% check="f"\n', "")
    assert merge(text, notebook(), "ex") == notebook()


def test_what_is_written_below_the_head_of_a_locked_cell_is_a_cell_of_their_own() -> None:
    text = render(notebook()).replace('# %% check="f"\n', '# %% check="f"\nprint(f(2))\n')
    made = merge(text, notebook(), "ex")
    assert sources(made)[4:7] == ["check('f')", "hidden('f')", "print(f(2))"]
    assert marks(made) == marks(notebook())
    assert same(merge(text, made, "ex"), made), "once, however often it is read"


def test_cells_of_their_own_go_both_ways() -> None:
    text = render(notebook()).replace(
        '# %% check="f"\n', '# %% a try\nprint(1)\n\n# %% [markdown]\n# a note\n\n# %% check="f"\n'
    )
    made = merge(text, notebook(), "ex")
    assert sources(made)[3:7] == [notebook()["cells"][3]["source"], "print(1)", "a note",
                                  "check('f')"]  # fmt: skip
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    assert render(made).split() == text.split()
    assert sources(merge(render(made), made, "ex")) == sources(made)


def test_a_cell_that_moved_or_was_edited_keeps_what_hangs_on_it() -> None:
    given = notebook()
    picture = {"a.png": {"image/png": "AAAA"}}
    given["cells"][0] |= {"attachments": picture}
    given["cells"][1] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]}
    first, second = render(given).split("# %%")[1:3]
    rest = "# %%".join(["", *render(given).split("# %%")[3:]])
    edited = first.replace("Some words.", "Some words. More.")
    made = merge(f"# %%{second}# %%{edited}{rest}", given, "ex")
    assert sources(made)[:2] == ["import math", "# Title\n\nSome words. More."]
    assert made["cells"][0]["outputs"]
    assert made["cells"][1]["attachments"] == picture


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('# %% task="f"\n', "# %%\n", 'has no cell `# %% task="f"`'),
        ('# %% task="f"\n', "", 'has no cell `# %% task="f"`'),
        ('# %% task="f"\n', "# %% task=f\n", 'has no cell `# %% task="f"`'),
        ('essay="why"', "", 'has no cell `# %% essay="why"`'),
        ('# %% task="g"\n', '# %% task="f"\n', 'has two cells `# %% task="f"`'),
        ("import math", 's = """', 'the line `# %% task="f"` stands inside a text that does not'),
    ],
)
def test_a_task_without_its_cell(before: str, after: str, sentence: str) -> None:
    text = render(notebook())
    assert before in text
    with pytest.raises(HpclabError) as error:
        merge(text.replace(before, after), notebook(), "ex")
    assert sentence in str(error.value)
    assert "ex.py" in str(error.value)


def test_a_forgiven_task_keeps_the_notebooks_cell() -> None:
    text = render(notebook()).replace('# %% task="f"\n', "# %%\n")
    made = merge(text, notebook(), "ex", forgive=["f"])
    assert marks(made) == marks(notebook())


@pytest.mark.parametrize("header", [None, {"formats": "ipynb,py:percent"}])
def test_jupytexts_own_script_is_read_too(header: dict[str, str] | None) -> None:
    """JupyterLab's plug-in of jupytext may open a script as a notebook and save it."""
    if header is None:
        opened = jupytext.reads(render(notebook()), fmt="py:percent")
        opened.metadata["kernelspec"] = {"name": "python3", "display_name": "P", "language": "p"}
    else:  # the learner pairs the notebook by jupytext
        opened = jupytext.reads(jupytext.writes(_node(notebook()), "ipynb"), "ipynb")
        opened.metadata["jupytext"] = header
    text = jupytext.writes(opened, fmt="py:percent")
    assert ("nbgrader" in text) == (header is not None)
    assert merge(text, notebook(), "ex") == notebook()


def _node(plain: dict[str, Any]) -> Any:
    from nbformat import from_dict

    return from_dict(plain)


@pytest.mark.parametrize(
    "cell",
    [
        code("%matplotlib inline\n!ls"),
        code("%%bash\nls"),
        code("a = 1\n# %% not a head\nb = 2"),
        code('def h():\n    """\n    # %% in a text\n    """'),
        code("\n\nx = 1\n\n\n"),
        code('x = "\u2028"'),
        code(""),
        code("# only a comment"),
        prose("%%bash"),
        prose('"""'),
        prose("- a\n\n\n- b"),
        {"cell_type": "raw", "source": "raw", "metadata": {}},
        code("titled", title="My try", tags=["a"]),
    ],
)
def test_odd_cells_survive_an_edit_elsewhere(cell: Cell) -> None:
    given = notebook()
    given["cells"].insert(5, {**cell, "id": "odd"})
    made = merge(render(given).replace("import math", "import cmath"), given, "ex")
    assert len(made["cells"]) == len(given["cells"])
    kept = made["cells"][5]
    assert kept["source"].replace("% %", "%%") == cell["source"]
    assert (kept["id"], kept["metadata"]) == ("odd", cell["metadata"])


LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)
TEXTS = st.one_of(st.lists(LINES, max_size=4).map("\n".join), st.sampled_from(["# %% x", '"""']))


@given(
    st.lists(st.tuples(st.sampled_from(["code", "markdown", "raw"]), TEXTS), max_size=4),
    st.integers(0, 10),
)
def test_no_text_breaks_the_marks(extra: list[tuple[str, str]], at: int) -> None:
    """Whatever stands in cells of one's own: nbgrader's cells are there, and in order."""
    start = notebook()
    start["cells"][at:at] = [{"cell_type": kind, "source": text, "metadata": {}, "id": f"x{i}"}
                             for i, (kind, text) in enumerate(extra)]  # fmt: skip
    try:
        made = merge(render(start), start, "ex")
    except HpclabError:
        assert any('"""' in text for _, text in extra)
        return
    assert marks(made) == marks(start)
    again = merge(render(made), made, "ex")
    assert same(again, made)
