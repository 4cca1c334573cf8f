"""From k-NN's answers to users' lists: reads, verifies and writes."""
