"""How results look: under a notebook cell, in a terminal, to a screen reader, to nbgrader."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from hpclab.verdicts import Result, Verdict

# JupyterLab's own colours follow its light and dark themes; elsewhere the fallbacks, which have
# contrast on white and on black, are used. The verdict is always said in words too.
_COLOURS = {
    Verdict.PASSED: "var(--jp-success-color1, #2e8b57)",
    Verdict.PARTIAL: "var(--jp-warn-color1, #b8730a)",
    Verdict.FAILED: "var(--jp-error-color1, #d9534f)",
}
_EVIDENCE = (
    ("called", "called"),
    ("got", "got"),
    ("expected", "expected"),
    ("measured", "measured"),
    ("why", "why"),
    ("printed", "it printed"),
)
_CODE = {"called", "got", "expected", "printed"}


@dataclass(frozen=True)
class Report:
    """The results of a task's checks. Its repr is plain text; in a notebook it shows as HTML.

    `as_points` is how nbgrader wants it: plain text is the points earned, as a Python float.
    """

    task: str
    results: Sequence[Result]
    advice: str = ""
    as_points: bool = False

    @property
    def earned(self) -> float:
        """Points earned, a plain Python float."""
        return float(sum(result.earned for result in self.results))

    @property
    def points(self) -> float:
        """Points to be had."""
        return float(sum(result.points for result in self.results))

    @property
    def verdict(self) -> Verdict:
        """The whole task in one word."""
        verdicts = [r.verdict for r in self.results if r.verdict is not Verdict.SKIPPED]
        if Verdict.UNATTEMPTED in verdicts:
            return Verdict.UNATTEMPTED
        if all(verdict is Verdict.PASSED for verdict in verdicts):
            return Verdict.PASSED
        if Verdict.INCONCLUSIVE in verdicts and Verdict.FAILED not in verdicts:
            return Verdict.INCONCLUSIVE
        return Verdict.PARTIAL if self.earned else Verdict.FAILED

    @property
    def headline(self) -> str:
        """One line: task, verdict, points."""
        return f"{self.task}: {self.verdict}, {self.earned:g} of {self.points:g} points"

    def __repr__(self) -> str:
        lines = [self.headline]
        for r in self.results:
            lines.append(f"  {r.verdict.symbol} {r.verdict}: {r.description}")
            for key, label in _EVIDENCE:
                if text := getattr(r, key).strip():
                    lines.append(f"      {label}: " + text.replace("\n", "\n        "))
        return "\n".join(lines + ([self.advice] if self.advice else []))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        plain = repr(self.earned) if self.as_points else repr(self)
        return {"text/plain": plain, "text/html": self._html()}

    def _html(self) -> str:
        items = "".join(_item(result) for result in self.results)
        advice = f'<p style="margin:.5em 0 0">{_with_code(self.advice)}</p>' if self.advice else ""
        return (
            f'<section class="hpclab-report" aria-label="{escape(self.headline, quote=True)}" '
            'style="border:1px solid currentColor;border-radius:6px;padding:.6em 1em;'
            'max-width:52em;overflow-wrap:anywhere">'
            f"<strong>{escape(self.headline)}</strong>"
            f'<ul style="list-style:none;margin:.4em 0 0;padding:0">{items}</ul>{advice}</section>'
        )


def _item(result: Result) -> str:
    colour = _COLOURS.get(result.verdict, "transparent")
    evidence = "".join(
        f'<div style="margin-left:1.6em"><em>{label}</em>: {_evidence(key, text)}</div>'
        for key, label in _EVIDENCE
        if (text := getattr(result, key).strip())
    )
    return (
        f'<li style="margin:.3em 0;padding-left:.6em;border-left:4px solid {colour}">'
        f'<span aria-hidden="true">{result.verdict.symbol}</span> '
        f"<strong>{result.verdict}</strong>: {_with_code(result.description)}{evidence}</li>"
    )


def _evidence(key: str, text: str) -> str:
    if key not in _CODE:
        return _with_code(text)
    return f'<code style="white-space:pre-wrap;color:inherit">{escape(text)}</code>'


def _with_code(text: str) -> str:
    """Text with `code` in backquotes, as HTML."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:  # an odd backquote: leave the text as it is
        return escape(text)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
