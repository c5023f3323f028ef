"""The Jupyter Book: stages the pages, builds them with every warning an error, publishes the HTML.

In `_build/book`: `source` (staged pages), `sphinx` and `doctrees` (Sphinx's own, kept so that only
changed pages are built), `cache` (executed demos), `slides` (decks, made of Sphinx's pages), `html`
(what is served: always a whole book).
"""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

import hpclab
from autograder.build.accessible import accessible
from autograder.build.slides.make import build_slides, publish_slides
from autograder.build.sphinx import run_sphinx
from autograder.build.thebe import thebe_in
from hpclab.course import MANIFEST, Course
from hpclab.errors import HpclabError

NOT_IN_DEMOS = {"checks", "cli.py", "course.py", "doctor.py", "learner", "outline.py", "server"}
# Folders of book/ whose files every page may load.
ASSETS = ("style", "script")
COMPRESSED = (".css", ".html", ".js", ".json", ".svg")
# Pages are read again when these change.
PAGE_CODE = ("home.py", "metadata.py", "page.py", "percent.py", "quiz.py", "survey.py", "tags.py")


def build_book(course: Course, out: Path, *, log: Callable[[str], object] = print) -> Path:
    """Build the book of `course` into `out`/book and return the folder of its HTML.

    A missing page, a warning of Sphinx and a demo that fails are one HpclabError, which names the
    author's files; the HTML that stood there before then stays as it was.
    """
    work = out / "book"
    pages = staged_pages(course)
    _forget_demos_of_other_code(work)
    if _stage(pages, work / "source"):
        for folder in ("sphinx", "doctrees"):
            shutil.rmtree(work / folder, ignore_errors=True)
    toc = _write(out / "toc.yml", table_of_contents(course))
    thebe = thebe_in(out)
    config = _write(work / "config.yml", configuration(course, work, live=thebe.is_dir()))
    problems = run_sphinx(work, config, toc, pages, course.root)
    if problems:
        raise HpclabError("\n".join(["The book was not built:", *problems]))
    build_slides(course, work / "sphinx", work / "slides")
    html = _publish(work, thebe)
    log(f"The book is in {html}.")
    return html


def staged_pages(course: Course) -> dict[str, Path]:
    """Where each file of the book is staged, and the author's file it comes from."""
    book, about = course.root / "book", course.course
    pages = {"index.md": book / "index.md", "references.bib": book / "references.bib"}
    for lesson in course.lessons():
        slug = lesson.slug
        pages[f"lessons/{slug}.md"] = book / "lessons" / f"{slug}.md"
        pages[f"demos/{slug}.py"] = course.root / "notebooks" / f"{slug}.py"
        pages[f"instructors/{slug}.md"] = book / "instructors" / f"{slug}.md"
    for name in about.surveys:
        pages[f"{name}.md"] = book / f"{name}.md"
    for part, names in (("handbook", about.handbook), ("reference", about.reference)):
        for name in names:
            pages[f"{part}/{name}.md"] = book / part / f"{name}.md"
    for folder in ASSETS:
        for file in sorted((book / folder).glob("*.*")):
            pages[f"{folder}/{file.name}"] = file
    missing = [path for path in pages.values() if not path.is_file()]
    if missing:
        listed = ", ".join(str(path.relative_to(course.root)) for path in missing)
        raise HpclabError(f"{course.root / MANIFEST} names pages that are missing: {listed}.")
    return pages


def table_of_contents(course: Course) -> dict[str, Any]:
    """The order of the pages as jupyter-book's `_toc.yml` has it."""
    parts: list[dict[str, Any]] = []
    for module in course.modules:
        chapters = [
            {"file": f"lessons/{lesson.slug}", "sections": [{"file": f"demos/{lesson.slug}"}]}
            for lesson in module.lessons
        ]
        parts.append({"caption": module.title, "chapters": chapters})
    if course.course.surveys:
        surveys = [{"file": name} for name in course.course.surveys]
        parts.append({"caption": "Surveys", "chapters": surveys})
    handbook = [{"file": f"handbook/{name}"} for name in course.course.handbook]
    notes = [{"file": f"instructors/{lesson.slug}"} for lesson in course.lessons()]
    parts.append({"caption": "For instructors", "chapters": handbook + notes})
    if course.course.reference:
        reference = [{"file": f"reference/{name}"} for name in course.course.reference]
        parts.append({"caption": "Reference", "chapters": reference})
    return {"format": "jb-book", "root": "index", "parts": parts}


def configuration(course: Course, work: Path, *, live: bool = False) -> dict[str, Any]:
    """The author's `book/_config.yml`, what course.toml knows, and whether demos run in pages."""
    about = course.course
    config: dict[str, Any] = yaml.safe_load((course.root / "book/_config.yml").read_text("utf-8"))
    config["title"] = about.title
    config["author"] = ", ".join(about.authors)
    config["html"]["extra_footer"] = f"Text: {about.license}."
    config["execute"]["cache"] = str(work / "cache")
    sphinx = config["sphinx"]["config"]
    sphinx["course_root"] = str(course.root)
    sphinx["live_code"] = live
    sphinx["page_code"] = _digest(Path(__file__).with_name(name) for name in PAGE_CODE)
    return config


def _forget_demos_of_other_code(work: Path) -> None:
    """Drop executed demos when the code of `hpclab` that they call is not what it was."""
    package = Path(hpclab.__file__).parent
    files = [file for file in sorted(package.rglob("*.py"))
             if file.relative_to(package).parts[0] not in NOT_IN_DEMOS]  # fmt: skip
    code = _digest([*files, package / "learner" / "predict.py"])
    stamp = work / "code.sha256"
    if not stamp.is_file() or stamp.read_text() != code:
        shutil.rmtree(work / "cache", ignore_errors=True)
        shutil.rmtree(work / "source" / "demos", ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        stamp.write_text(code)


def _digest(files: Iterable[Path]) -> str:
    """A digest of what the files say."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _stage(pages: dict[str, Path], source: Path) -> bool:
    """Copy what differs, so that Sphinx sees it as changed; True when a page went away."""
    for name, author in pages.items():
        staged, text = source / name, author.read_bytes()
        if not staged.is_file() or staged.read_bytes() != text:
            staged.parent.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(text)
    old = [path for path in source.rglob("*") if path.is_file()]
    gone = [path for path in old if path.relative_to(source).as_posix() not in pages]
    for path in gone:
        path.unlink()
    return bool(gone)


def _write(path: Path, content: dict[str, Any]) -> Path:
    """Write `content` as JSON, which is YAML too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def _publish(work: Path, thebe: Path) -> Path:
    """Copy Sphinx's pages beside the old book, then swap: a reader never meets half a book."""
    html, new, old = work / "html", work / "html.new", work / "html.old"
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    unserved = shutil.ignore_patterns(".buildinfo", "reports", "*webpack-macros.html")
    shutil.copytree(work / "sphinx", new, ignore=unserved)
    for folder in ASSETS:  # Sphinx copies a changed one only when a page has changed too
        shutil.copytree(work / "source" / folder, new / "_static", dirs_exist_ok=True)
    if thebe.is_dir():
        shutil.copytree(thebe, new / "_static" / "thebe")
    # 1.5 MB which draw anew the icons that the theme's style sheet draws with its font.
    fontawesome = new / "_static" / "scripts" / "fontawesome.js"
    fontawesome.write_text("// The icons come from the theme's font.\n")
    for page in new.rglob("*.html"):
        page.write_text(accessible(page.read_text("utf-8")), "utf-8")
    publish_slides(work / "slides", new)
    _compress(new)
    if html.exists():
        html.rename(old)
    new.rename(html)
    shutil.rmtree(old, ignore_errors=True)
    return html


def _compress(html: Path) -> None:
    """Beside each file that gains by it, the same compressed: `hpclab.server.book` sends that."""
    for file in html.rglob("*"):
        if file.suffix in COMPRESSED and file.stat().st_size > 1000:
            packed = gzip.compress(file.read_bytes(), mtime=0)
            file.with_name(file.name + ".gz").write_bytes(packed)
