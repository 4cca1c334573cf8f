"""The folder for everything that outlives the engine."""

import os
from dataclasses import dataclass
from pathlib import Path

from local_aws.places import CONTAINER_HOME, make_compiled

# All that an engine creates in its home.
HOME_FOLDERS = frozenset({"engine", "jobs"})

# Enough for a log, locks, the address and a first state.
_PROBE_BYTES = 4 << 20


@dataclass(frozen=True)
class EngineHome:
    """The files and folders of one engine, below ``root``."""

    root: Path

    @property
    def engine(self) -> Path:
        return self.root / "engine"

    @property
    def start_lock(self) -> Path:
        """Held while a process starts or stops the engine."""
        return self.engine / "start.lock"

    @property
    def running_lock(self) -> Path:
        """Held by the engine as long as it lives, however it ends."""
        return self.engine / "running.lock"

    @property
    def address(self) -> Path:
        """The engine's process id and port, or those of the last one."""
        return self.engine / "engine.json"

    @property
    def secret(self) -> Path:
        """What the administrator's key is derived from."""
        return self.engine / "secret"

    @property
    def log(self) -> Path:
        return self.engine / "engine.log"

    @property
    def state(self) -> Path:
        return self.engine / "state"

    @property
    def items(self) -> Path:
        """The logs of table items that the running engine has open."""
        return self.engine / "items"

    @property
    def objects(self) -> Path:
        """S3's objects."""
        return self.engine / "s3"

    @property
    def temporary(self) -> Path:
        return self.engine / "tmp"

    @property
    def images(self) -> Path:
        """The repository folder of each image, by the image's tag."""
        return self.engine / "images.json"

    @property
    def children(self) -> Path:
        """One file for each process of a job that may be alive."""
        return self.engine / "children"

    @property
    def models(self) -> Path:
        """Records of SageMaker models, including deleted ones: names are never reused."""
        return self.engine / "models"

    @property
    def model_packages(self) -> Path:
        """Records of the Model Registry: one folder for each group."""
        return self.engine / "model-packages"

    @property
    def jobs(self) -> Path:
        """One folder for each job, named after it."""
        return self.root / "jobs"

    def make_folders(self) -> None:
        """Create the folders that other modules write to."""
        for folder in (self.state, self.items, self.objects, self.temporary, self.children, self.models, self.jobs):
            folder.mkdir(parents=True, exist_ok=True)
        CONTAINER_HOME.mkdir(parents=True, exist_ok=True)
        make_compiled()

    def prove_writable(self) -> None:
        """Write as much as a start needs, and delete it again.

        Raises:
            OSError: if the disk is full, or the folder is not writable.
        """
        probe = self.engine / f"probe-{os.getpid()}"
        try:
            with probe.open("wb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = error.filename or str(self.engine)  # a failed write has no file name
            raise
        finally:
            probe.unlink(missing_ok=True)
