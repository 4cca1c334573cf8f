"""Metrics on the held-out interactions, and the settings chosen on them."""
