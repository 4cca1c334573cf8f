"""The AWS permissions that the commands for a stack use, and those that docs/operate.md lists."""

import re

from topx.home import REPOSITORY

# Runs every command in its own process, and prints its AWS calls and finally the imported modules.
EVERY_COMMAND = """
import json, sys
from botocore.client import BaseClient
from topx import deployed_stack
from topx.__main__ import main

deployed_stack.SECONDS_BETWEEN_LOOKS = 0.1
asked, ask = {}, BaseClient._make_api_call

def remember(client, operation, given):
    asked[command].append(f"{client.meta.service_model.signing_name}:{operation}")
    return ask(client, operation, given)

BaseClient._make_api_call = remember
for command, *rest in json.loads(sys.argv[1]):
    asked[command] = []
    main([command, *rest, "--stack", "topx"])
print(json.dumps([asked, sorted(name for name in sys.modules)]))
"""
# Operations whose permissions have other names.
PERMISSIONS = {"s3:ListObjectsV2": "s3:ListBucket", "lambda:Invoke": "lambda:InvokeFunction"}


def documented(command: str) -> set[str]:
    """The permissions that docs/operate.md lists for a command."""
    page = (REPOSITORY / "docs" / "operate.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{command}` \| (.*) \|$", page.split("| command | permissions |")[1], re.MULTILINE)
    found = set(re.findall(r"`(\w+:\w+)`", row))
    return found.union(*(documented(other) for other in re.findall(r"those of `(\w+)`", row)))
