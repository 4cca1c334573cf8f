"""Definitions that all packages of topx share. Standard library only."""
