"""A folder for a job's temporary files."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """A temporary folder, in ``beside`` or in the system's temporary folder, whichever has more space.

    SageMaker's volume, with the size that the plan requests, contains ``/opt/ml``; where ``/tmp`` is, is not
    documented.
    """
    beside.mkdir(parents=True, exist_ok=True)
    roomiest = max(beside, Path(tempfile.gettempdir()), key=lambda place: shutil.disk_usage(place).free)
    with tempfile.TemporaryDirectory(prefix="extract-", dir=roomiest) as folder:
        yield Path(folder)
