"""The error that a command shows as one sentence, without a traceback."""


class Problem(Exception):
    """A command cannot do what was asked; the message has the error and the fix."""
