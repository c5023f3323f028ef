"""What is kept and handed out of grading: gradebook, feedback, exports, similarity."""
