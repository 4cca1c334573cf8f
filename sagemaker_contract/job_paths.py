"""Where a SageMaker container finds its files, and where it writes its own."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class JobPaths:
    """The tree under ``/opt/ml``, or under the folder in ``OPT_ML`` if it runs as a plain process.

    Source: "How Amazon SageMaker processing / training provides information" in the developer guide.
    """

    root: Path

    @classmethod
    def of_this_process(cls) -> "JobPaths":
        """The tree of this process."""
        return cls(Path(os.environ.get("OPT_ML", "/opt/ml")))

    def processing_input(self, name: str) -> Path:
        return self.root / "processing" / "input" / name

    def processing_output(self, name: str) -> Path:
        return self.root / "processing" / "output" / name

    @property
    def config(self) -> Path:
        return self.root / "input" / "config"

    def channel(self, name: str) -> Path:
        return self.root / "input" / "data" / name

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def failure(self) -> Path:
        """Its first 1,024 characters become a training job's FailureReason."""
        return self.root / "output" / "failure"

    @property
    def message(self) -> Path:
        """Its first 1,024 bytes become a processing job's ExitMessage."""
        return self.root / "output" / "message"
