"""The book of a small course, to be built and to be damaged."""

import shutil
from pathlib import Path

from autograder.build.book import ASSETS, build_book
from hpclab.course import Course

REPOSITORY = Path(__file__).resolve().parents[2]
MANIFEST = """\
[course]
id = "tiny"
title = "Tiny"
description = "Two lessons"
url = "https://example.org/tiny"
license = "CC-BY-4.0"
language = "en-GB"
authors = ["A. Author"]
reference = ["bibliography"]
surveys = ["asked"]
[tracks.all]
title = "Everything"
lessons = ["one", "two"]
[[modules]]
title = "Part"
[[modules.lessons]]
slug = "one"
minutes = {page = 20, demo = 5, core = 20, stretch = 45}
skills = [{id = "PE3-B", name = "Code Optimisation"}]
keywords = ["NumPy", "a </script> b"]
[[modules.lessons]]
slug = "two"
needs = ["one"]
minutes = {page = 1, demo = 2, core = 3, stretch = 4}
keywords = ["Dask"]
"""
LESSON = """\
# Title of {slug}

:::{{objectives}}
- predict `x` with $I$
- write `y`
:::

First words of
{slug}. See {{cite}}`someone-2001-work`.

## Quiz

::::{{question}}
How many bytes?

:::{{answer}} 24 `bytes`
Too few.
:::
:::{{answer}} 40
:correct:
Five times eight.
:::
::::
"""
HOME = """\
# Start

:::{progress} continue
:::

:::{open-exercise} one
:::

:::{tracks}
:::

::::{question}
Who are you?

:::{answer} I am everybody
:track: all
So take everything.
:::
::::

::::{question}
:skip: one
Do you know it?

:::{answer} Yes
:correct:
You may skip [](lessons/one.md).
:::
:::{answer} No
Read on.
:::
::::

:::{lessons}
:::
"""
ASKED = """\
# Asked

:::{ask} How *sure* are you?
- not at all
- quite
:::

:::{ask} Why?
:::
"""
BIBLIOGRAPHY = "@book{someone-2001-work, author={A. One}, title={Work}, publisher={P}, year={2001}}"
EXERCISE = """\
# %% task="f"
def f():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION


# %% check="f"
"""
DEMO = "# %% [markdown]\n# # Demo of {slug}\n\n# %%\n6 * 7\n"


def make_course(root: Path) -> Path:
    for folder in ("book/lessons", "book/instructors", "book/reference", "notebooks"):
        (root / folder).mkdir(parents=True)
    (root / "course.toml").write_text(MANIFEST)
    shutil.copy(REPOSITORY / "book" / "_config.yml", root / "book")
    for folder in ASSETS:
        shutil.copytree(REPOSITORY / "book" / folder, root / "book" / folder)
    (root / "book" / "index.md").write_text(HOME)
    (root / "book" / "references.bib").write_text(BIBLIOGRAPHY)
    (root / "book" / "reference" / "bibliography.md").write_text(
        "# Works\n\n```{bibliography}\n```\n"
    )
    (root / "book" / "asked.md").write_text(ASKED)
    for slug in ("one", "two"):
        (root / "book" / "lessons" / f"{slug}.md").write_text(LESSON.format(slug=slug))
        (root / "book" / "instructors" / f"{slug}.md").write_text(f"# Notes on {slug}\n")
        (root / "notebooks" / f"{slug}.py").write_text(DEMO.format(slug=slug))
        (root / "exercises" / slug).mkdir(parents=True)
        (root / "exercises" / slug / "exercise.py").write_text(EXERCISE)
    return root


def build(root: Path) -> Path:
    return build_book(Course.load(root), root / "_build", log=lambda _: None)
