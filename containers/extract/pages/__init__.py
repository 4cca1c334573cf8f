"""The report: templates, figures and what they show."""
