"""What ends a command whose sample is not what it should be."""

from topx.problem import Problem


class SampleUnusable(Problem):
    """The installed package does not hold the data that the sample is about."""
