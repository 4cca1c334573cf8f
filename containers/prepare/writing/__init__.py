"""What the job writes: the training files and summary.json."""
