"""Chooses which versions to keep, and deletes the others."""
