"""The workflow's stages, said once (stages.py), and what is told of a run that failed. Standard library only.

Functions, the command line and the CDK app import it; no image holds it.
"""
