"""The error that tells a user of the embedded AWS in one sentence what is wrong, and how to fix it."""


class EmbeddedAwsProblem(Exception):
    """A request cannot be fulfilled; the message says why and what to do."""
