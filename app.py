"""The CDK app: ``python app.py`` synthesizes into cdk.out; the CDK command line runs it through cdk.json."""

import sys

from infra.settings import SettingsRefused
from infra.synthesis import synthesize

if __name__ == "__main__":
    try:
        synthesize()
    except SettingsRefused as refusal:
        sys.exit(str(refusal))
