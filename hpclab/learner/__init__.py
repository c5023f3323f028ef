"""The learner's folder: exercises, demos, progress, hints, submissions."""
