"""Numbers users and items, makes pairs of their interactions, and holds some of them out."""
