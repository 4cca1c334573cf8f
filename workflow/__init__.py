"""The workflow's stages (stages.py), and the messages about failed runs. Standard library only.

Imported by the functions, the command line and the CDK app; not part of any image.
"""
