"""Ranks that pass messages, and what the messages cost."""
