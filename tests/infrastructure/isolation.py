"""Runs commands on a bare machine: no network, no AWS account, nothing on the PATH."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

# The same block for Python and for Node, if the kernel does not allow a network namespace.
_PYTHON_BLOCK = '''"""Imported by every Python at its start: no socket of this process connects anywhere."""

import socket


def _refuse(*_: object) -> None:
    raise OSError("network is blocked")


socket.socket.connect = _refuse
socket.socket.connect_ex = _refuse
socket.getaddrinfo = _refuse
'''
_NODE_BLOCK = """
const refuse = () => { throw new Error("network is blocked"); };
require("net").Socket.prototype.connect = refuse;
require("dns").lookup = refuse;
"""


@cache
def can_unshare() -> bool:
    """Whether this machine allows creating a network namespace, even without a loopback interface."""
    unshare = shutil.which("unshare")
    return (
        unshare is not None
        and subprocess.run([unshare, "-rn", "true"], check=False, capture_output=True).returncode == 0
    )


def run_bare(
    command: Sequence[str], folder: Path, *, environment: Mapping[str, str] | None = None, namespace: bool | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` without a network, in an environment with only a home.

    Args:
        folder: an empty folder of the test: the home, and where the blocks are written.
        environment: variables to add.
        namespace: whether to block the network with a namespace; otherwise with blocks inside Python and Node. By
            default a namespace, if the machine allows it.
    """
    home = folder / "home"
    home.mkdir(exist_ok=True)
    bare = {
        "HOME": str(home),
        "PATH": str(folder / "nothing"),
        # Where jsii unpacks aws-cdk-lib: once for the machine, not once for each home.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"),
    }
    if can_unshare() if namespace is None else namespace:
        command = [str(shutil.which("unshare")), "-rn", *command]
    else:
        (folder / "sitecustomize.py").write_text(_PYTHON_BLOCK)
        (folder / "block.cjs").write_text(_NODE_BLOCK)
        bare |= {"PYTHONPATH": str(folder), "NODE_OPTIONS": f"--require {folder / 'block.cjs'}"}
    return subprocess.run(
        command,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**bare, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=600,
    )


def interpreter() -> str:
    """This Python, by a path that does not depend on the PATH."""
    return os.path.abspath(sys.executable)  # noqa: PTH100 - resolve() would leave the virtual environment
