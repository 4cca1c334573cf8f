"""Features of users and items, from side tables to columns of the feature space."""
