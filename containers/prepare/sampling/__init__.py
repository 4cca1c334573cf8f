"""Training examples: positives, sampled negatives, their order and their columns."""
