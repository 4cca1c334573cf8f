"""How well lists rank, beside what an afternoon with a library gives: python -m benchmarks.quality"""
