"""Ranks items for users, and writes the files for publishing."""
