"""What the job leaves: the training files and summary.json."""
