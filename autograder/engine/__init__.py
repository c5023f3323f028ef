"""Executing submissions for nbgrader."""
