"""Measuring what code takes."""
