"""WCAG 2.2 AA by axe-core's rules; each fault is a sentence: where, which rule, what to do."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
TALL = 3200  # pixels: what a sidebar has scrolled out of its window axe cannot see
LOOKS = """judged => {  // the elements whose text looks like none that was judged before
    const grounds = new Map([[null, '']]);
    const behind = e => {  // what the element and those around it paint behind its text
        if (grounds.has(e)) return grounds.get(e);
        const {backgroundColor, backgroundImage, opacity} = getComputedStyle(e);
        const own = [backgroundColor, backgroundImage, opacity].join();
        const seen = behind(e.parentElement) + (own === 'rgba(0, 0, 0, 0),none,1' ? '' : own + ';');
        grounds.set(e, seen);
        return seen;
    };
    judged = new Set(judged);
    const looks = new Map();
    for (const e of document.body.querySelectorAll('*')) {
        const words = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (e instanceof SVGElement || !(words || e.matches('input, select, textarea'))) continue;
        if (!e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(e);
        const look = [e.tagName, color, fontSize, fontWeight, textShadow, behind(e)].join();
        if (!judged.has(look) && !looks.has(look)) looks.set(look, e);
    }
    globalThis.looks = [...looks.values()];
    return [...looks.keys()];
}"""


def faults(page: Page, where: str) -> list[str]:
    """What axe finds on the page as it is now, but for its colours."""
    rules = {rule: {"enabled": False} for rule in COLOURS}
    return _run(page, where, "document", {"runOnly": TAGS, "rules": rules})


def colour_faults(page: Page, where: str, judged: set[str] | None = None) -> list[str]:
    """What axe finds in the page's colours, once for all text that looks the same.

    `judged` grows by the looks that were. Text in pictures (SVG) axe cannot judge: `PALE` in
    test_book.py does.
    """
    judged = set() if judged is None else judged
    if not (new := page.evaluate(LOOKS, list(judged))):
        return []
    judged.update(new)
    signs = {"ignoreLength": True, "ignoreUnicode": False}  # "✓" is judged as words are
    checks = {"color-contrast": {"options": signs}}
    return _run(page, where, "looks", {"runOnly": COLOURS, "checks": checks})


def _run(page: Page, where: str, what: str, options: dict[str, Any]) -> list[str]:
    options["resultTypes"] = ["violations", "incomplete"]
    options["preload"] = False  # of style sheets and media, which no rule of ours needs
    if not page.evaluate("() => 'axe' in window"):
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
