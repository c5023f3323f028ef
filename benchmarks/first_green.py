"""How long a newcomer waits: `hpclab learn` to the page, the notebook, the first green check.

    python benchmarks/first_green.py

Prints the seconds of the machine's share (typing is instant here), the seconds of a cold build and
of a rebuild after an edit of prose, the size of the installation, how heavy pages are, how soon
they know of a check, and how long `hpclab watch` takes to tell. Needs Debian's chromium and the
development dependencies. Takes about four minutes.
"""

import http.client
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hpclab.learner.progress import Progress  # noqa: E402
from tests.browser.lab import open_exercise, run, write  # noqa: E402

BIN = Path(sys.executable).parent
LESSON, TASK = "vectorise", "saxpy"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def seconds(command: list[object], where: Path) -> float:
    """Run a command in a folder; how long it took."""
    start = time.perf_counter()
    subprocess.run([str(word) for word in command], cwd=where, check=True, capture_output=True)
    return time.perf_counter() - start


def install(course: Path) -> None:
    """What a learner installs, by the script that they use; the package cache is as it is."""
    sync = 'source scripts/bootstrap; "$uv" sync --quiet --locked --python "$python"'
    took = seconds(["bash", "-c", sync], course)
    files = [path for path in (course / ".venv").rglob("*") if not path.is_symlink()]
    size = sum(path.stat().st_size for path in files if path.is_file())
    print(f"install: {took:.0f} s, {size / 1e6:,.0f} MB")


def builds(course: Path) -> None:
    """A cold build, one with nothing to do, and one after a word of prose."""
    build = [BIN / "autograder", "build"]
    print(f"cold build: {seconds(build, course):.0f} s")
    print(f"build with nothing to do: {seconds(build, course):.1f} s")
    page = course / "book" / "lessons" / f"{LESSON}.md"
    page.write_text(page.read_text().rstrip() + "\n\nOne more sentence.\n")
    print(f"rebuild after an edit of prose: {seconds(build, course):.1f} s")


def first_green(course: Path, folder: Path) -> None:
    """`hpclab learn` on a new folder, then what a learner clicks."""
    start = time.perf_counter()

    def lap(what: str) -> None:
        print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)

    learn = [BIN / "hpclab", "learn", "--no-browser", f"--dir={folder}"]
    with (
        sync_playwright() as playwright,
        subprocess.Popen(learn, cwd=course, stdout=subprocess.PIPE, text=True) as server,
    ):
        lines = iter(server.stdout.readline, "")
        url = next(found[0] for line in lines if (found := re.search(r"http\S+", line)))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        page = browser.new_page()
        page.goto(url)
        page.locator(f'.bd-sidebar-primary a[href$="lessons/{LESSON}.html"]').first.click()
        expect(page.get_by_text("After this lesson you can")).to_be_visible()
        lap("hpclab learn to the lesson's page")
        lab = open_exercise(page, LESSON)
        lap("hpclab learn to the notebook")
        run(lab, "from hpclab import check, hint")
        write(lab, f"def {TASK}(", solution(course))
        run(lab, f"def {TASK}(")
        expect(run(lab, f'check("{TASK}")')).to_contain_text(f"{TASK}: passed,")
        lap("first green")
        weigh(browser, url, course / "_build/book/html")
        listen(url, folder)
        browser.close()
        server.send_signal(2)


def weigh(browser, url: str, html: Path) -> None:
    """The bytes that a first visit to each lesson's page and demo fetches, and from where."""
    home, _, token = url.partition("?")
    foreign, weights = set(), {}
    for name in sorted(p.relative_to(html).as_posix() for p in html.glob("[ld]e*s/*.html")):
        context = browser.new_context()  # nothing is in its cache
        page = context.new_page()
        answers = []
        page.on("response", lambda answer, into=answers: into.append(answer))
        page.goto(f"{home}{name}?{token}", wait_until="load")
        page.wait_for_timeout(1000)
        known = [a for a in answers if not a.url.endswith("api/events")]  # which never ends
        weights[name] = sum(a.request.sizes()["responseBodySize"] for a in known)
        foreign |= {a.url for a in answers if not a.url.startswith(home.partition("course/")[0])}
        context.close()
    for kind in ("lessons", "demos"):
        of_kind = {name: size for name, size in weights.items() if name.startswith(kind)}
        most = max(of_kind, key=of_kind.get)
        middle = statistics.median(of_kind.values())
        print(f"{kind}: {middle / 1e3:,.0f} kB, at most {of_kind[most] / 1e3:,.0f} kB ({most})")
    print(f"requests to other hosts: {len(foreign)}")


def listen(url: str, folder: Path) -> None:
    """From the end of a check, when its event is written, until a page has heard of it."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    connection.request("GET", f"/course/api/events?{at.query}")
    answer = connection.getresponse()
    answer.readline(), answer.readline()
    took = []
    for _ in range(20):
        time.sleep(0.3)
        start = time.perf_counter()
        Progress(folder).record("try", lesson=LESSON, task=TASK, verdict="passed")
        while not answer.readline().startswith(b"data: "):
            pass
        took.append(1000 * (time.perf_counter() - start))
    print(f"a page hears of a check: {statistics.median(took):.0f} ms, at most {max(took):.0f} ms")


def watch(course: Path, folder: Path, saves: int = 10) -> None:
    """`hpclab watch` beside an editor: from a save of a right answer to the printed verdict."""
    place, hpclab = f"--dir={folder}", BIN / "hpclab"
    seconds([hpclab, "start", LESSON, place], course)
    script, waits = folder / LESSON / f"{LESSON}.py", []
    before, head, after = script.read_text().partition(f'# %% task="{TASK}"\n')
    answer, after = solution(course), after[after.index("# %% check=") :]
    command = [hpclab, "watch", LESSON, TASK, place]
    with subprocess.Popen(command, cwd=course, stdout=subprocess.PIPE, text=True) as process:

        def until(start: str) -> None:
            next(line for line in iter(process.stdout.readline, "") if line.startswith(start))

        until(f"{LESSON}: ")  # the first verdict: by now it is warm
        for number in range(saves):
            time.sleep(0.5 + number / 100)  # so that saves fall anywhere between two looks
            start = time.perf_counter()
            script.write_text(f"{before}{head}# Save {number}\n{answer}\n\n\n{after}")
            until(f"{TASK}: passed,")
            waits.append(time.perf_counter() - start)
            until(f"{LESSON}: ")
        process.send_signal(2)
    print(f"watch, save to verdict: {statistics.median(waits):.2f} s, at most {max(waits):.2f} s")


def solution(course: Path) -> str:
    """The course's own answer to the task."""
    notebook = course / "_build/course/source" / LESSON / f"{LESSON}.ipynb"
    (cell,) = [c for c in nbformat.read(notebook, as_version=4).cells if c.id == TASK]
    return str(cell.source)


def machinery() -> None:
    """What a check costs beside the learner's own code."""
    from hpclab.checks import check
    from hpclab.checks.local import LocalWork
    from hpclab.checks.run import report_on

    def passes(work):
        """Nothing is asked."""
        work.close_to(work.call("f"), 1.0)

    made = check(task="f")(passes)
    work = LocalWork({"f": lambda: 1.0})
    report_on([made], [made], work, "f")
    start = time.perf_counter()
    for _ in range(100):
        report_on([made], [made], work, "f")._repr_mimebundle_()
    print(f"machinery of one check: {(time.perf_counter() - start) * 10:.2f} ms")


def main() -> None:
    """Clone, build, learn; everything in a folder that is removed again."""
    machinery()
    with tempfile.TemporaryDirectory() as place:
        course = Path(place) / "course"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(course)], check=True)
        install(course)
        builds(course)
        first_green(course, Path(place) / "learner")
        watch(course, Path(place) / "learner")


if __name__ == "__main__":
    main()
