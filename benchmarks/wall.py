"""The wall with simulated learners: from a push to the page, processor time, bytes an event.

    .venv/bin/python benchmarks/wall.py --learners 40 --every 30 --seconds 60

Starts the wall as the hub does, for the built course (`autograder build` first), with a journal of
some hours' work. Each learner pushes a try at random times, every `--every` seconds on average. One
page listens in a real browser; every second somebody asks for help, and it is measured when the
push was answered, when the event came in, and when the page showed the name.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import async_playwright
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from autograder.workshop.wall.known import Course  # noqa: E402
from tests.browser.conftest import CHROMIUM, QUIET  # noqa: E402
from tests.unit.simulated import fill, tried  # noqa: E402
from tests.unit.walls import PREFIX, Running  # noqa: E402

# When the page shows a name among those who need somebody, by the page's clock, which is ours.
WATCH = """() => {
  globalThis.shown = {};
  new MutationObserver(() => {
    for (const one of document.querySelectorAll('#needs strong'))
      globalThis.shown[one.textContent] ??= Date.now() / 1000;
  }).observe(document.getElementById('needs'), {childList: true});
}"""


class Events:
    """A viewer without a browser: when each event came in, and its bytes."""

    def __init__(self) -> None:
        self.sizes, self.seen, self._rest = list[int](), dict[str, float](), b""

    def take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                self.sizes.append(len(line) + 2)
                for one in json.loads(line[6:])["needs"]:
                    self.seen.setdefault(one["name"], time.time())


async def push(wall: Running, user: str, said: dict[str, Any]) -> dict[str, Any]:
    url = f"http://127.0.0.1:{wall.port}{PREFIX}api/push"
    answer = await AsyncHTTPClient().fetch(
        HTTPRequest(url, "POST", wall.as_server(user), json.dumps(said), request_timeout=60)
    )
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def learn(wall: Running, course: Course, user: str, every: float, rng: random.Random) -> None:
    while True:
        await asyncio.sleep(rng.expovariate(1 / every))
        key, verdict = rng.choice(course.tasks), rng.choice(["passed", "partial", "failed"])
        made = tried(course, rng, user, key, verdict, 0.0)
        said = {name: made[name] for name in ("lesson", "task", "verdict", "checks")}
        await push(wall, user, {"tries": [said]})


async def ask(wall: Running, users: list[str], seconds: float) -> dict[str, tuple[float, float]]:
    """Each second another one asks for help, until all have; their name: begun, answered."""
    asked, until = {}, time.time() + seconds
    for user in users:
        if time.time() > until:
            break
        begun = time.time()
        known = await push(wall, user, {"help": True})
        asked[known["called" if known["name"] else "pseudonym"]] = (begun, time.time())
        await asyncio.sleep(0.5)
        await push(wall, user, {"help": False})  # so that the list of those who ask stays short
        await asyncio.sleep(0.5)
    return asked


def line(what: str, seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return (f"{what}: median {1000 * statistics.median(ordered):.0f} ms, p95 {1000 * p95:.0f} ms, "
            f"worst {1000 * ordered[-1]:.0f} ms ({len(ordered)})")  # fmt: skip


async def measure(wall: Running, course: Course, given: argparse.Namespace) -> None:
    AsyncHTTPClient.configure(None, max_clients=200)
    users = [one["user"] for one in json.loads(wall.place.wall_people.read_text())["people"]][:-1]
    rng, events = random.Random(1), Events()
    headers = wall.as_browser("tinas")
    listening = asyncio.ensure_future(AsyncHTTPClient(force_instance=True).fetch(HTTPRequest(
        f"http://127.0.0.1:{wall.port}{PREFIX}api/events", headers=headers, request_timeout=0,
        streaming_callback=events.take,
    )))  # fmt: skip
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        page = await (await browser.new_context(
            extra_http_headers=headers, viewport={"width": 1920, "height": 1080}
        )).new_page()  # fmt: skip
        await page.goto(f"http://127.0.0.1:{wall.port}{PREFIX}")
        await page.wait_for_selector("#grid table")
        await page.evaluate(WATCH)
        (inner,) = wall.keeper.children()
        learning = [asyncio.ensure_future(learn(wall, course, user, given.every, rng))
                    for user in users]  # fmt: skip
        begun, used = time.time(), inner.cpu_times()
        asked = await ask(wall, rng.sample(users, len(users)), given.seconds)
        now, took = inner.cpu_times(), time.time() - begun
        shown = await page.evaluate("shown")
        for one in (*learning, listening):
            one.cancel()
        await asyncio.gather(*learning, listening, return_exceptions=True)
        await browser.close()
    share = (now.user - used.user + now.system - used.system) / took
    print(f"{given.learners} learners, a push of each every {given.every:.0f} s, {took:.0f} s")
    print(line("push answered", [end - begin for begin, end in asked.values()]))
    both = [name for name in asked if name in events.seen and name in shown]
    print(line("push to event", [events.seen[name] - asked[name][0] for name in both]))
    print(line("push to page", [shown[name] - asked[name][0] for name in both]))
    print(f"not shown: {len(asked) - len(both)} of {len(asked)}")
    print(
        f"processor of the wall: {100 * share:.1f} % of a core, {inner.memory_info().rss >> 20} MiB"
    )
    often, size = len(events.sizes) / took, statistics.median(events.sizes)
    print(f"events: {often:.1f} a second, median {size:.0f} bytes")
    load = ", ".join(f"{one:.1f}" for one in psutil.getloadavg())
    print(f"load of the machine: {load} on {psutil.cpu_count()} cores")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--learners", type=int, default=40, choices=range(1, 5001), metavar="N")
    asked.add_argument("--every", type=float, default=30)
    asked.add_argument("--seconds", type=float, default=60)
    given = asked.parse_args()
    book, release = ROOT / "_build/book/html", ROOT / "_build/course/release"
    base = Path(tempfile.mkdtemp(prefix="wall-"))
    wall = Running(fill(base / "room", book, release, given.learners))
    try:
        asyncio.run(measure(wall, Course.load(book, release), given))
    finally:
        wall.close()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
