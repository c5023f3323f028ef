"""Supercomputers: one file each, and what a job there takes and costs."""
