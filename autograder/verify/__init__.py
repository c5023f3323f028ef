"""The project's conscience: what a course promises, checked."""
