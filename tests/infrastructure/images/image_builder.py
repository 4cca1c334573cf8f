"""Builds and runs Dockerfiles without docker: buildah with its own storage, on a base made by mmdebstrap."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BASE = "localhost/base"
# The Debian release with Python 3.11, the same as the Dockerfiles' base.
RELEASE = "bookworm"
# The same path outside and inside.
WHEELS = "/wheels"
_PIP_SETTINGS = f"[global]\nno-index = true\nfind-links = {WHEELS}\ndisable-pip-version-check = true\n"


def why_not() -> str | None:
    """Why images cannot be built on this machine, or None."""
    missing = [tool for tool in ("buildah", "mmdebstrap") if not shutil.which(tool)]
    if missing:
        return f"images are built with buildah and mmdebstrap, and {' and '.join(missing)} is not here: apt-get install"
    return None if os.geteuid() == 0 else "buildah's chroot isolation and mmdebstrap want root"


def fetch_wheels(folder: Path, *locks: Path) -> None:
    """Download the wheels of each lock into ``folder``, with the index and certificates of this machine's pip."""
    for lock in locks:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        _run([*pip, "--only-binary", ":all:", "--dest", str(folder), "--requirement", str(lock)])


@dataclass(frozen=True)
class ImageBuilder:
    """Images and containers in one folder; outside of it, buildah stores only its index of digests.

    Args:
        storage: buildah's storage folder.
        wheels: everything that pip may install in a build.
    """

    storage: Path
    wheels: Path

    def make_base(self) -> None:
        """Debian with Python 3.11 and venv, from this machine's package sources; pip uses wheels from ``WHEELS``."""
        settings = self.storage / "pip.conf"
        settings.write_text(_PIP_SETTINGS)
        self._buildah("from", "--name", "base", "scratch")
        root = self._buildah("mount", "base").strip()
        _run(
            [
                "mmdebstrap",
                "--variant=apt",
                # usr-is-merged: otherwise init-system-helpers pulls in usrmerge, which pulls in all of Perl.
                "--include=usr-is-merged,python3.11-venv",
                "--dpkgopt=force-unsafe-io",
                '--aptopt=Acquire::Languages "none"',
                '--customize-hook=rm -rf "$1"/usr/share/doc "$1"/usr/share/locale "$1"/usr/share/man',
                f'--customize-hook=mkdir "$1{WHEELS}"',
                f"--customize-hook=copy-in {settings} /etc",
                RELEASE,
                root,
                *_package_sources(),
            ]
        )
        self._buildah("umount", "base")
        self._buildah("commit", "--quiet", "--rm", "base", BASE)

    def build(self, context: Path, dockerfile: str, name: str) -> None:
        """Build ``context/dockerfile`` on the base, as the image ``name``."""
        self._buildah(
            "build",
            "--quiet",
            "--isolation=chroot",
            "--layers=false",
            f"--build-arg=BASE_IMAGE={BASE}",
            f"--volume={self.wheels}:{WHEELS}:ro",
            f"--file={context / dockerfile}",
            f"--tag={name}",
            str(context),
        )

    @contextmanager
    def files(self, image: str) -> Iterator[Path]:
        """The image's file system, to inspect."""
        container = self._buildah("from", image).strip()
        try:
            yield Path(self._buildah("mount", container).strip())
        finally:
            self._buildah("rm", container)

    def run(self, image: str, tree: Path, variables: Mapping[str, str]) -> None:
        """Run the image's entry point with ``tree`` as ``/opt/ml``, and without a network, as SageMaker isolates the
        job.

        In ``/``, because it is not documented that SageMaker starts it in the image's working directory.

        Args:
            variables: the job's Environment.

        Raises:
            AssertionError: with its output, if the exit code is not 0.
        """
        entry_point: Sequence[str] = json.loads(self._buildah("inspect", "--type=image", image))["OCIv1"]["config"][
            "Entrypoint"
        ]
        container = self._buildah("from", image).strip()
        options = ["--isolation=chroot", "--workingdir=/", f"--volume={tree}:/opt/ml"]
        options += [f"--env={name}={value}" for name, value in variables.items()]
        try:
            self._buildah("run", *options, container, "--", *entry_point, offline=True)
        finally:
            self._buildah("rm", container)

    def remove(self) -> None:
        """Unmount and delete everything."""
        self._buildah("rm", "--all")
        self._buildah("rmi", "--all", "--force")
        shutil.rmtree(self.storage)

    def _buildah(self, command: str, *arguments: str, offline: bool = False) -> str:
        places = [f"--root={self.storage / 'root'}", f"--runroot={self.storage / 'runroot'}"]
        return _run([*(("unshare", "--net") if offline else ()), "buildah", *places, command, *arguments])


def _package_sources() -> list[str]:
    """Lines for sources.list: this machine's mirrors of the release; if there are none, mmdebstrap uses Debian's
    own.
    """
    wanted = "$(RELEASE) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    targets = _run(["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"]).splitlines()
    lines = {target.split(" ", 1)[1] for target in targets if target.split("-")[0].split(" ")[0] == RELEASE}
    return sorted(lines)


def _run(command: Sequence[str]) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{' '.join(command)}\n{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
    return finished.stdout
