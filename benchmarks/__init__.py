"""Measurements of speed and quality beside other programs."""
