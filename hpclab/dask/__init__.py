"""Looking at Dask's task graphs."""
