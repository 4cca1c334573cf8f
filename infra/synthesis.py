"""Synthesizes ``cdk.out`` from the context."""

import json
import os
from pathlib import Path

from aws_cdk import App

from infra.settings import Settings
from infra.stack import TopxStack

REPOSITORY = Path(__file__).resolve().parents[1]


def synthesize() -> None:
    """Write the stack for this context: its template and its assets.

    The flags in cdk.json are read here too, so that the template is the same with and without the CDK command line,
    whose own context (CDK_CONTEXT_JSON) takes precedence.

    Raises:
        SettingsRefused: with all errors of the context in one message.
    """
    flags = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(
        analytics_reporting=False,
        context=flags,
        outdir=os.environ.get("CDK_OUTDIR", str(REPOSITORY / "cdk.out")),
        tree_metadata=False,
    )
    TopxStack(app, Settings.from_context(app.node.try_get_context))
    app.synth()
