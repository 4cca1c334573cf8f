"""The program that builds and pushes the images: docker, or the one that CDK_DOCKER names.

SageMaker's CreateModel is known to reject images with an OCI manifest ("Unsupported manifest media type",
aws/amazon-sagemaker-feedback#180), and whether processing jobs accept them is not documented. Docker since version 29,
and podman always, create OCI manifests unless Docker's format is requested.
"""

import os
import shutil
import subprocess

from infra import image_output

_PODMANS = ("podman", "buildah")


def program() -> str:
    """The program that the CDK command line calls."""
    return os.environ.get("CDK_DOCKER", "docker")


def fault() -> str | None:
    """Why it cannot build, and what to do about it."""
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
    """The variables with which images get Docker's manifest format: one is for podman, ``infra/`` reads the other.

    Podman may be installed as docker, and its build has a different ``--output``. Docker's legacy builder, which is
    used without buildx, has no such option and creates only Docker's manifests.
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
