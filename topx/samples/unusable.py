"""The error for a sample whose package has other data than expected."""

from topx.problem import Problem


class SampleUnusable(Problem):
    """The installed package does not have the data of the sample."""
