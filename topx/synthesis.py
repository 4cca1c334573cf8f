"""The cloud assembly that the engine deploys: synthesized from this checkout, again only if its sources changed."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from infra.code_version import SOURCES
from local_aws.door import close
from topx.home import REPOSITORY
from topx.problem import Problem


class SynthesisFailed(Problem):
    """``app.py`` failed; the message has its last lines of output."""


# On this machine, prepare can also run on Spark: no image is built from this, and the first such job installs Spark.
_CONTEXT = {"spark_base_image": "sagemaker-spark-processing:3.5-cpu-on-this-machine"}


@dataclass(frozen=True)
class Asset:
    """A file asset: the file, its packaging, and its destination (with ``${AWS::...}`` filled in)."""

    path: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Assembly:
    """A synthesized stack and its assets, for one account and region."""

    folder: Path
    account: str
    region: str

    @property
    def stack_name(self) -> str:
        return str(self._stack["properties"].get("stackName", self._artifact))

    @property
    def template(self) -> Asset:
        """The template, which is a file asset too."""
        name = self._stack["properties"]["templateFile"]
        return next(asset for asset in self.files() if asset.path.name == name)

    def files(self) -> Iterator[Asset]:
        """Every file asset of the stack."""
        for entry in self._manifest["files"].values():
            for destination in entry["destinations"].values():
                yield Asset(
                    path=self.folder / entry["source"]["path"],
                    zipped=entry["source"].get("packaging") == "zip",
                    bucket=self._here(destination["bucketName"]),
                    key=self._here(destination["objectKey"]),
                )

    def images(self) -> dict[str, str]:
        """The repository folder that each image asset is built from, by the tag at the end of its URI."""
        return {
            destination["imageTag"]: str(PurePosixPath(entry["source"]["dockerFile"]).parent)
            for entry in self._manifest.get("dockerImages", {}).values()
            for destination in entry["destinations"].values()
        }

    def _here(self, text: str) -> str:
        filled = text.replace("${AWS::AccountId}", self.account).replace("${AWS::Region}", self.region)
        return filled.replace("${AWS::Partition}", "aws")

    @property
    def _artifacts(self) -> dict[str, Any]:
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return dict(manifest["artifacts"])

    @property
    def _artifact(self) -> str:
        return next(name for name, entry in self._artifacts.items() if entry["type"] == "aws:cloudformation:stack")

    @property
    def _stack(self) -> dict[str, Any]:
        return dict(self._artifacts[self._artifact])

    @property
    def _manifest(self) -> dict[str, Any]:
        name = next(e["properties"]["file"] for e in self._artifacts.values() if e["type"] == "cdk:asset-manifest")
        return dict(json.loads((self.folder / name).read_text(encoding="utf-8")))


def is_synthesized(folder: Path) -> bool:
    """Whether ``folder`` has the assembly of this checkout's current sources."""
    stamp = _stamp(folder)
    there = (folder / "manifest.json").exists() and stamp.exists()
    return there and stamp.read_text(encoding="utf-8") == _sources_digest()


def synthesize(folder: Path) -> None:
    """Synthesize this checkout's sources into ``folder``.

    Raises:
        SynthesisFailed: if ``app.py`` fails.
    """
    digest = _sources_digest()  # first: if a source changes meanwhile, the next call synthesizes again
    _stamp(folder).unlink(missing_ok=True)
    finished = subprocess.run(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        # Not with the context of somebody's shell.
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(_CONTEXT), "CDK_OUTDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise SynthesisFailed(f"python app.py failed:\n{finished.stderr.strip()[-3000:]}")
    close(folder)  # assets are copied with the permissions of the sources
    _stamp(folder).write_text(digest, encoding="utf-8")


def _stamp(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.sources")


def _sources_digest() -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        path = REPOSITORY / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(REPOSITORY)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
