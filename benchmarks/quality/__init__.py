"""Ranking quality, compared with what an afternoon with a library gives: python -m benchmarks.quality"""
