"""The trusted side of grading: what is asked of a submission, and what came of it."""
