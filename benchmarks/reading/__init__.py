"""Reading, validating and indexing interactions, compared with polars and pandas."""
