"""Where a job puts what it only needs for a while."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """A folder that goes at the end, in ``beside`` or in the system's own place for such: wherever there is most room.

    SageMaker's volume, which is as large as the plan asks, holds ``/opt/ml``; where ``/tmp`` lies is nowhere promised.
    """
    beside.mkdir(parents=True, exist_ok=True)
    roomiest = max(beside, Path(tempfile.gettempdir()), key=lambda place: shutil.disk_usage(place).free)
    with tempfile.TemporaryDirectory(prefix="extract-", dir=roomiest) as folder:
        yield Path(folder)
