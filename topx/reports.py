"""Downloads a run's two pages, the model's report and the run's outcome page, from the bucket."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.run_layout import RUN_ID, RUNS_PREFIX, RunLayout
from topx.deployment import Deployment
from topx.run_files import object_at


@dataclass(frozen=True)
class Reports:
    """Where the pages are on this machine; None if the run did not get far enough to have one."""

    report: Path | None
    outcome: Path | None

    @property
    def pages(self) -> dict[str, Path]:
        """The existing pages, by name."""
        found = {"Report": self.report, "Outcome": self.outcome}
        return {name: path for name, path in found.items() if path is not None}


def download(deployment: Deployment, run: str, folder: Path) -> Reports:
    """Download the pages of the run with the id ``run`` into ``folder``."""
    layout = RunLayout(deployment.bucket, run)
    return Reports(
        _saved(deployment, layout.report, folder / f"{run}.html"),
        _saved(deployment, layout.outcome_page, folder / f"{run}-outcome.html"),
    )


def newest_first(deployment: Deployment) -> Iterator[str]:
    """The ids of the runs with files in the bucket."""
    pages = deployment.s3.get_paginator("list_objects_v2").paginate(
        Bucket=deployment.bucket, Prefix=RUNS_PREFIX, Delimiter="/"
    )
    folders = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
    names = (folder.removeprefix(RUNS_PREFIX).rstrip("/") for folder in folders)
    yield from sorted((name for name in names if RUN_ID.fullmatch(name)), reverse=True)


def _saved(deployment: Deployment, key: str, path: Path) -> Path | None:
    body = object_at(deployment, key)
    if body is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path
