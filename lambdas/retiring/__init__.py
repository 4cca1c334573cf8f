"""Which versions are kept, and how the others are deleted."""
