"""The instructor's side: build, verify and grade a course."""
