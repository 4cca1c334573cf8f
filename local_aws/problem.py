"""The error that tells a user of the embedded AWS what is wrong, and how to fix it, in one sentence."""


class EmbeddedAwsProblem(Exception):
    """What was asked for cannot be done; the message says why and what to do."""
