"""The page of a run that has published: its time and cost, and how its lists differ from the previous ones."""
