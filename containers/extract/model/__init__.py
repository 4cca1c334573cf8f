"""Vectors of users and items: from the trained model, and from the history block."""
