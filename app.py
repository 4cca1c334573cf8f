"""The CDK app: ``python app.py`` synthesizes into cdk.out, and the CDK command line runs it through cdk.json."""

import json
import os
import sys
from pathlib import Path

from infra.settings import Settings, SettingsRefused
from infra.stack import TopxStack

import aws_cdk as cdk

REPOSITORY = Path(__file__).resolve().parent


def main() -> None:
    """Synthesize the stack that the context asks for.

    The flags of cdk.json are read here too, so that the template is the same with and without the command line,
    whose own context (CDK_CONTEXT_JSON) goes before them.
    """
    flags = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        analytics_reporting=False,
        context=flags,
        outdir=os.environ.get("CDK_OUTDIR", str(REPOSITORY / "cdk.out")),
        tree_metadata=False,
    )
    settings = Settings.from_context(app.node.try_get_context)
    TopxStack(app, settings)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except SettingsRefused as refusal:
        sys.exit(str(refusal))
