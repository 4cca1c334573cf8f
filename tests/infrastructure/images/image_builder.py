"""Builds and runs Dockerfiles without docker: buildah in a storage of its own, on a base that mmdebstrap makes."""

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
# Debian's release that has Python 3.11, as the Dockerfiles' own base is.
RELEASE = "bookworm"
# The same place outside and inside.
WHEELS = "/wheels"
_PIP_SETTINGS = f"[global]\nno-index = true\nfind-links = {WHEELS}\ndisable-pip-version-check = true\n"


def why_not() -> str | None:
    """Why no image can be built on this machine, or None."""
    missing = [tool for tool in ("buildah", "mmdebstrap") if not shutil.which(tool)]
    if missing:
        return f"images are built with buildah and mmdebstrap, and {' and '.join(missing)} is not here: apt-get install"
    return None if os.geteuid() == 0 else "buildah's chroot isolation and mmdebstrap want root"


def fetch_wheels(folder: Path, *locks: Path) -> None:
    """Put the wheels of each lock into ``folder``, with whatever index and certificates this machine's pip has."""
    for lock in locks:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        _run([*pip, "--only-binary", ":all:", "--dest", str(folder), "--requirement", str(lock)])


@dataclass(frozen=True)
class ImageBuilder:
    """Images and containers under one folder; elsewhere buildah keeps only its index of digests.

    Args:
        storage: where buildah keeps them.
        wheels: all that pip may install in a build.
    """

    storage: Path
    wheels: Path

    def make_base(self) -> None:
        """Debian with Python 3.11 and venv, from this machine's package sources; pip takes wheels from ``WHEELS``."""
        settings = self.storage / "pip.conf"
        settings.write_text(_PIP_SETTINGS)
        self._buildah("from", "--name", "base", "scratch")
        root = self._buildah("mount", "base").strip()
        _run(
            [
                "mmdebstrap",
                "--variant=apt",
                # usr-is-merged: otherwise init-system-helpers brings usrmerge, and that the whole of Perl.
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
        """The image's file system, to look at."""
        container = self._buildah("from", image).strip()
        try:
            yield Path(self._buildah("mount", container).strip())
        finally:
            self._buildah("rm", container)

    def run(self, image: str, tree: Path, variables: Mapping[str, str]) -> None:
        """Run the image's entry point with ``tree`` as ``/opt/ml``, and no network: the job that SageMaker isolates.

        In ``/``, since nothing promises that SageMaker starts it in the image's own folder.

        Args:
            variables: the job's Environment.

        Raises:
            AssertionError: with what it printed, if it ends with anything but 0.
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
        """Leave nothing mounted and nothing stored."""
        self._buildah("rm", "--all")
        self._buildah("rmi", "--all", "--force")
        shutil.rmtree(self.storage)

    def _buildah(self, command: str, *arguments: str, offline: bool = False) -> str:
        places = [f"--root={self.storage / 'root'}", f"--runroot={self.storage / 'runroot'}"]
        return _run([*(("unshare", "--net") if offline else ()), "buildah", *places, command, *arguments])


def _package_sources() -> list[str]:
    """Lines of sources.list: this machine's mirrors of the release, or none, and mmdebstrap takes Debian's own."""
    wanted = "$(RELEASE) deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    targets = _run(["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"]).splitlines()
    lines = {target.split(" ", 1)[1] for target in targets if target.split("-")[0].split(" ")[0] == RELEASE}
    return sorted(lines)


def _run(command: Sequence[str]) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, f"{' '.join(command)}\n{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
    return finished.stdout
