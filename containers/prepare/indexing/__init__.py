"""Users and items as numbers, their interactions as pairs, and which of them are held out."""
