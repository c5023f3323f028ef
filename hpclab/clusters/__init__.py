"""Dask clusters by one word: this machine, or a scheduler's address."""
