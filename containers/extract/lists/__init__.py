"""Ranking items for users, and the files that publish what is ranked."""
