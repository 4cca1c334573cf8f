"""The operator's tool: starting and watching runs, reading lists, sample data."""
