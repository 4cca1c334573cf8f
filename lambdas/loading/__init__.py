"""From k-NN's answers to users' lists: reading, proving, writing."""
