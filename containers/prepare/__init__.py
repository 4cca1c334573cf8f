"""Turns interactions into training data: read, validate, index, hold out, sample, encode."""
