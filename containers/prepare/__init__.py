"""Interactions to training data: read and refuse, index, hold out, sample, encode."""
