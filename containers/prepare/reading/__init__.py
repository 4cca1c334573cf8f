"""Reads the input files into batches of raw rows, with one reader for each format."""
