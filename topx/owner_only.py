"""What topx makes on this machine belongs to its owner alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Every right of the group and of everybody else.
_OTHERS = 0o077


@contextmanager
def umask() -> Iterator[None]:
    """Whatever this process makes inside the block, and the processes that it starts, is its owner's alone."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)
