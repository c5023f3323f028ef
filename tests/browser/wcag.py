"""WCAG 2.2 AA: axe-core's rules, as sentences that say what to do, and what axe cannot judge."""

from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
TALL = 3200  # pixels: what a sidebar has scrolled out of its window axe cannot see
OURS = Path(__file__).with_name("wcag.js").read_text()


def ask(page: Page, question: str, *arguments: Any) -> Any:
    """What a function of wcag.js says of the page as it is now."""
    if not page.evaluate("() => 'wcag' in globalThis"):
        page.evaluate(OURS)
    return page.evaluate(f"given => wcag.{question}(...given)", arguments)


def faults(page: Page, where: str) -> list[str]:
    """What axe finds on the page as it is now, but for its colours."""
    rules = {rule: {"enabled": False} for rule in COLOURS}
    return _run(page, where, "document", {"runOnly": TAGS, "rules": rules})


def colour_faults(page: Page, where: str, judged: set[str] | None = None) -> list[str]:
    """What axe finds in the page's colours, once for all text that looks the same.

    `judged` grows by the looks that were. Text in pictures is not among them: see `palePictures`.
    """
    judged = set() if judged is None else judged
    if not (new := ask(page, "newLooks", list(judged))):
        return []
    judged.update(new)
    signs = {"ignoreLength": True, "ignoreUnicode": False}  # "✓" is judged as words are
    checks = {"color-contrast": {"options": signs}}
    return _run(page, where, "wcag.looks", {"runOnly": COLOURS, "checks": checks})


def _run(page: Page, where: str, what: str, options: dict[str, Any]) -> list[str]:
    options["resultTypes"] = ["violations", "incomplete"]
    options["preload"] = False  # of style sheets and media, which no rule of ours needs
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(AXE_SCRIPT)
    run = f"options => axe.run({{include: {what}, exclude: ['svg']}}, options)"
    found = page.evaluate(run, options)
    return [
        f"{where}: {rule['id']}: {node['html'][:200]} at {node['target'][-1]}: "
        f"{node['failureSummary']} ({rule['help']}: {rule['helpUrl']})"
        for kind in ("violations", "incomplete")
        for rule in found[kind]
        for node in rule["nodes"]
    ]


def told(found: list[str]) -> str:
    """What a failing test says: the first of the faults, and how many there are."""
    return "\n\n".join([f"{len(found)} faults:", *found[:20]])
