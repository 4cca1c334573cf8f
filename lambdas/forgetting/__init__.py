"""Forgets users, and keeps them forgotten."""
