"""The page of a run that has published: what it took, and how its lists differ from those before."""
