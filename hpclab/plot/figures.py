"""`figure` and `show`: Matplotlib drawn as inline SVG that takes on the page's text colour."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Text and axes are drawn in this colour, which `show` replaces by the page's own text colour.
INK = "#010203"
# Okabe and Ito (2008), colour-blind safe; the four that have contrast on white and on black.
# Line style and marker change with the colour, so that no meaning rests on colour alone.
COLOURS = ["#0079c1", "#d55e00", "#009e73", "#b8579a"]
_STYLE: Any = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.labelcolor": INK,
    "grid.color": INK,
    "legend.frameon": False,
    "grid.alpha": 0.2,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.size": 11,
    "lines.linewidth": 2,
    "lines.markersize": 7,
    "svg.fonttype": "none",
    "axes.prop_cycle": cycler(
        color=COLOURS, marker=["o", "s", "^", "D"], linestyle=["-", "--", "-.", ":"]
    ),
}


def figure(
    title: str, xlabel: str, ylabel: str, size: tuple[float, float] = (7.0, 4.0)
) -> tuple[Figure, Axes]:
    """A figure of `size` inches with one axes, titled and labelled; labels name their units."""
    drawing, (ax,) = panels(title, xlabel, [ylabel], size)
    return drawing, ax


def panels(
    title: str,
    xlabel: str,
    ylabels: Sequence[str],
    size: tuple[float, float],
    beside: bool = False,
) -> tuple[Figure, list[Axes]]:
    """A figure with one axes below the other, or beside it, a y label each and one x axis."""
    with mpl.rc_context(_STYLE):
        drawing = Figure(figsize=size, layout="constrained")
        shape = (1, len(ylabels)) if beside else (len(ylabels), 1)
        axes = list(drawing.subplots(*shape, sharex=True, squeeze=False).flat)
        for ax, ylabel in zip(axes, ylabels, strict=True):
            ax.set_ylabel(ylabel)
        for ax in axes if beside else axes[-1:]:
            ax.set_xlabel(xlabel)
        if beside:
            drawing.suptitle(title, color=INK)
        else:
            axes[0].set_title(title)
    return drawing, axes


def legend_below(drawing: Figure) -> None:
    """The legend of the first axes, below all of them, where it can cover nothing."""
    handles, labels = drawing.axes[0].get_legend_handles_labels()
    longest = max(map(len, labels))
    columns = max(1, min(3, 75 // (longest + 7)))  # as many as 7 inches hold
    with mpl.rc_context(_STYLE):
        drawing.legend(handles, labels, loc="outside lower left", ncols=columns)


@dataclass(frozen=True, repr=False)
class Picture:
    """A finished figure with its text equivalent; a notebook shows the SVG, a terminal the text."""

    svg: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = (
            '<figure class="hpclab-figure" style="margin:0;max-width:44em">'
            f'<div role="img" aria-label="{escape(self.text, quote=True)}">{self.svg}</div>'
            f"<details><summary>The figure in words</summary>{escape(self.text)}</details>"
            "</figure>"
        )
        return {"text/plain": self.text, "text/html": html}


def show(drawing: Figure, text: str) -> Picture:
    """The last line of a cell: the figure, with `text` saying what it shows, numbers and all."""
    if not text.strip():
        raise ValueError("text: expected the figure in words, for readers who cannot see it")
    buffer = io.StringIO()
    # Ids that the drawing refers to are made from the salt: two figures of a page share none.
    with mpl.rc_context({**_STYLE, "svg.hashsalt": text}):
        for ax in drawing.axes:
            has_legend = drawing.legends or ax.get_legend()
            if ax.get_legend_handles_labels()[1] and not has_legend:
                ax.legend()
            for words in ax.texts:  # drawn outside our style they would be black on black
                if words.get_color() == "black":
                    words.set_color(INK)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        drawing.savefig(buffer, format="svg", metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*"', r'<svg style="width:100%;height:auto" \1', svg)
    svg = re.sub(r' height="[\d.]+pt"', "", svg, count=1)
    svg = re.sub(r'<g id="[\w.]+"', "<g", svg)  # "figure_1" would stand there once a figure
    return Picture(svg, text)
