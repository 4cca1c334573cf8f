"""Plans a run: validates its input, and chooses its jobs' requests, instances and volumes."""
