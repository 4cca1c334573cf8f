"""The run's prepared data and request, as arrays and settings."""
