"""From the input's files to batches of raw rows, one reader for each format."""
