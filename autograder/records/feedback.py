"""Feedback pages that are safe to open: nbgrader's own HTML, with nothing in it that could act.

A page shows what a learner wrote and what their code put out. Everything between <body> and </body>
passes through an allow-list; the head is ours, without a script, and forbids scripts and other
hosts once more.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbgrader.preprocessors import GetGrades
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from autograder.records.hidden import HideTests

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_TAGS = nh3.ALLOWED_TAGS | {"section", "tfoot"}
# What stands inside these is no text for a reader.
_DROPPED = {
    "audio", "button", "canvas", "embed", "form", "iframe", "math", "noembed", "noframes",
    "noscript", "object", "plaintext", "script", "select", "style", "svg", "template", "textarea",
    "title", "video", "xmp",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"class", "id", "style", "title", "lang", "dir", "aria-label", "aria-hidden"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-left",
    "border-radius", "border-right", "border-top", "color", "font-style", "font-weight",
    "list-style", "margin", "margin-left", "max-width", "overflow-wrap", "padding", "padding-left",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
_LINK = re.compile(r"(#|https?://|mailto:)", re.IGNORECASE)
_STYLE_SHEET = Path(__file__).with_name("feedback.css")


class FeedbackExporter(HTMLExporter):
    """nbgrader's feedback page as one harmless file."""

    @property
    def default_config(self) -> Config:
        """Of an output's forms the first that is shown; those that need a script are not."""
        forms = "text/html text/markdown image/svg+xml image/png image/jpeg text/latex text/plain"
        config = super().default_config.copy()
        config.NbConvertBase.display_data_priority = forms.split()
        return config

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Text as HTML; as it stands where it cannot be rendered, say for a picture it lacks."""
        try:
            return super().markdown2html(context, source)
        except Exception:  # whatever a learner wrote, it costs nobody the page
            return f"<pre>{escape(source)}</pre>"

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Any:
        """The page of a notebook."""
        nb.metadata.pop("widgets", None)  # they need a script; and a broken one would stop the page
        page, resources = super().from_notebook_node(nb, resources, **kw)
        body = page.partition("<body>")[2]
        return _page(resources["nbgrader"]["notebook"], clean(body)), resources


def safe_feedback(config: Config) -> None:
    """Settings for `nbgrader generate_feedback`, in an nbgrader_config.py: `safe_feedback(c)`."""
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.GenerateFeedback.preprocessors = [GetGrades, HideTests]


def clean(html: str) -> str:
    """HTML with nothing in it that acts, loads, or lies over something else."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLES,
        set_tag_attribute_values={"pre": {"tabindex": "0"}},  # long ones scroll, by keyboard too
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """An attribute's value if it may stay, else None."""
    if attribute == "src":
        return value if _IMAGE.fullmatch(value) else None
    if attribute == "href":
        return value if _LINK.match(value) else None
    if attribute == "style":  # nothing is fetched, and nothing pulled over another cell's text
        return None if re.search(r"url|image|-\s*[\d.(]|calc|\\", value, re.IGNORECASE) else value
    return value


def _page(title: str, body: str) -> str:
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight")
        for style in ("default", "github-dark")
    )
    style = f"{_STYLE_SHEET.read_text()}{light}@media (prefers-color-scheme: dark) {{{dark}}}"
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
