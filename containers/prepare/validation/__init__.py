"""Which rows are usable, which are rejected, and what to warn about."""
