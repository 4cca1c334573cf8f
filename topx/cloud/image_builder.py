"""The program that builds and pushes the images: docker, or another that CDK_DOCKER names.

SageMaker's CreateModel is known to refuse images whose manifest is OCI's ("Unsupported manifest media type",
aws/amazon-sagemaker-feedback#180), and whether its processing jobs take them is not documented. Docker from version 29
on, and podman always, make just those unless they are asked for Docker's own.
"""

import os
import shutil
import subprocess

from infra import image_output

_PODMANS = ("podman", "buildah")


def program() -> str:
    """What the CDK's command line calls."""
    return os.environ.get("CDK_DOCKER", "docker")


def fault() -> str | None:
    """Why it cannot build, with what to do about it."""
    named = program()
    if shutil.which(named) is None:
        return (
            f"{named} was not found, and two images must be built: install docker, or set CDK_DOCKER to a compatible "
            "program, such as podman or finch."
        )
    if _run("info").returncode:
        return f"{named} does not respond ({named} info fails): start its service, or get permission to use it."
    return None


def environment() -> dict[str, str]:
    """The variables by which images get Docker's manifests: one is podman's own, the other ``infra/`` reads.

    Podman may go by the name of docker, and its build has another ``--output``. Docker's own builder of old, which it
    falls back to without buildx, has none, and makes nothing but Docker's manifests.
    """
    if shutil.which(program()) is None:
        return {}
    version = _run("--version").stdout.lower()
    if version.startswith(_PODMANS):
        return {"BUILDAH_FORMAT": "docker", image_output.VARIABLE: ""}
    old = os.environ.get("DOCKER_BUILDKIT") == "0" or _run("buildx", "version").returncode
    return {image_output.VARIABLE: ""} if version.startswith("docker") and old else {}


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([program(), *arguments], capture_output=True, text=True, check=False)
