"""A year of weeks: data is cut by time, and each week is given to the workflow as a team's export would be."""
