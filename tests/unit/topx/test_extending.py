"""Everything that docs/extend.md names exists."""

import re

from topx.home import REPOSITORY

PAGE = (REPOSITORY / "docs" / "extend.md").read_text(encoding="utf-8")
ROOMS = "contract|sagemaker_contract|workflow|lambdas|containers|infra|local_aws|topx|tests|docs"
# The files that the page's examples would add.
EXAMPLES = {"lambdas/handlers/announce_version.py", "tests/unit/lambdas/handlers/test_announce_version.py"}


def test_every_file_and_folder_is_there() -> None:
    named = set(re.findall(rf"`((?:{ROOMS})/[\w./]*)`", PAGE)) - EXAMPLES
    assert len(named) > 25
    assert {name for name in named if not (REPOSITORY / name).exists()} == set()


def test_every_test_is_there() -> None:
    named = set(re.findall(r"`(test_\w+?)(?:\[[^`]*)?`", PAGE))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py"))
    assert len(named) > 15
    assert {name for name in named if f"def {name}(" not in sources} == set()
