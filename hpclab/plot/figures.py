"""`figure` and `show`: Matplotlib drawn as inline SVG that takes on the page's text colour."""

import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Text and axes are drawn in this colour, which `show` replaces by the page's own text colour.
_INK = "#010203"
# Okabe and Ito (2008), colour-blind safe; the four that have contrast on white and on black.
# Line style and marker change with the colour, so that no meaning rests on colour alone.
_COLOURS = ["#0079c1", "#d55e00", "#009e73", "#b8579a"]
_STYLE: Any = {
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.titlecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.labelcolor": _INK,
    "grid.color": _INK,
    "legend.frameon": False,
    "grid.alpha": 0.2,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.size": 11,
    "lines.linewidth": 2,
    "lines.markersize": 7,
    "svg.fonttype": "none",
    "svg.hashsalt": "hpclab",
    "axes.prop_cycle": cycler(
        color=_COLOURS, marker=["o", "s", "^", "D"], linestyle=["-", "--", "-.", ":"]
    ),
}


def figure(
    title: str, xlabel: str, ylabel: str, size: tuple[float, float] = (7.0, 4.0)
) -> tuple[Figure, Axes]:
    """A figure of `size` inches with one axes, titled and labelled; labels name their units."""
    with mpl.rc_context(_STYLE):
        drawing = Figure(figsize=size, layout="constrained")
        ax = drawing.add_subplot()
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return drawing, ax


class Picture:
    """A finished figure with its text equivalent; a notebook shows the SVG, a terminal the text."""

    def __init__(self, svg: str, text: str) -> None:
        self._svg, self._text = svg, text

    def __repr__(self) -> str:
        return self._text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = (
            '<figure class="hpclab-figure" style="margin:0;max-width:44em">'
            f'<div role="img" aria-label="{escape(self._text, quote=True)}">{self._svg}</div>'
            f"<details><summary>The figure in words</summary>{escape(self._text)}</details>"
            "</figure>"
        )
        return {"text/plain": self._text, "text/html": html}


def show(drawing: Figure, text: str) -> Picture:
    """The last line of a cell: the figure, with `text` saying what it shows, numbers and all."""
    if not text.strip():
        raise ValueError("text: expected the figure in words, for readers who cannot see it")
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        for ax in drawing.axes:
            if ax.get_legend_handles_labels()[1] and ax.get_legend() is None:
                ax.legend()
            for words in ax.texts:  # drawn outside our style they would be black on black
                if words.get_color() == "black":
                    words.set_color(_INK)
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*"', r'<svg style="width:100%;height:auto" \1', svg)
    svg = re.sub(r' height="[\d.]+pt"', "", svg, count=1)
    return Picture(svg, text)
