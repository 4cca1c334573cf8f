"""Which rows can be used, which are rejected, what is warned of."""
