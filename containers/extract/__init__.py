"""Turns the factorization-machines model into k-NN's vectors, the loader's parts, evaluation and report."""
