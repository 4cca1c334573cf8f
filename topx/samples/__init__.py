"""Sample data sets, read from packages: the repository carries no data."""
