"""The checks before a version is published, and the pointer to it."""
