"""Factorization-machines model in; k-NN's vectors, the loader's parts, evaluation and report out."""
