"""The report: templates, charts and their data."""
