"""Reading, judging and indexing interactions, beside polars and pandas."""
