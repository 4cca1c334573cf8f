"""Sample data sets, read from packages: the repository contains no data."""
