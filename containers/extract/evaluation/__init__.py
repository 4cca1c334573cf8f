"""Metrics of the held-out users, and the settings chosen by them."""
