"""Counting what code does: operations, bytes, cache misses, races."""
