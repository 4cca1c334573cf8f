"""Makes files that topx creates on this machine accessible only to their owner."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# All permissions of the group and of others.
_OTHERS = 0o077


@contextmanager
def umask() -> Iterator[None]:
    """Files created inside the block, by this process and the processes that it starts, are only for their owner."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)
