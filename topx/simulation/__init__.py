"""Simulates weeks: data is cut by time, and each week is given to the workflow like a team's export."""
