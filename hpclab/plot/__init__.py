"""Figures: units on the axes, readable in light and dark and without colour, with a text
equivalent."""

from hpclab.plot.figures import figure, panels, show

__all__ = ["figure", "panels", "show"]
