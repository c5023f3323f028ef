"""From `course.toml`, exercises, demos and pages to everything in `_build`."""
