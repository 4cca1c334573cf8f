import gzip
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.recommendation_table import POINTER_KEY
from topx.actions.recommend import recommend
from topx.terminal import Terminal

VERSION = "20261123t030000120-a9711f"


class Bucket:
    """Has one object, or none; ``without`` is the error code then."""

    def __init__(self, held: dict[str, bytes], without: str) -> None:
        self.held, self.without = held, without

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.held:
            raise ClientError({"Error": {"Code": self.without, "Message": ""}}, "GetObject")
        return {"Body": io.BytesIO(self.held[Key])}


class Table:
    """A pointer, and one list for all users."""

    def get_item(self, Key: dict[str, str], **_: Any) -> dict[str, Any]:
        if Key == POINTER_KEY:
            return {"Item": {"current": VERSION}}
        return {"Item": {"items": ["1", "[b]", "7"], "scores": [3, 2.5, 1]}}


def said(
    lines: list[dict[str, str]] | None,
    capsys: pytest.CaptureFixture[str],
    *,
    as_json: bool,
    without: str = "NoSuchKey",
) -> str:
    held = {}
    if lines is not None:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        held = {f"runs/{VERSION}/item_titles.jsonl.gz": gzip.compress(text.encode())}
    deployment: Any = SimpleNamespace(table=Table(), bucket="bucket", s3=Bucket(held, without))
    console = Terminal(width=80, color_system=None)
    assert recommend(deployment, console, user="u", most=3, as_json=as_json, like=None) == 0
    return capsys.readouterr().out


TITLES = [{"item": "1", "title": "Toy Story"}, {"item": "[b]", "title": "[red]Alien"}, {"item": "9", "title": "None"}]


def test_titles_stand_beside_the_items_that_have_one(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split() for line in said(TITLES, capsys, as_json=False).splitlines()[1:]]
    assert lines == [
        ["item", "title", "score"],
        ["1", "1", "Toy", "Story", "3.0000"],
        ["2", "[b]", "[red]Alien", "2.5000"],
        ["3", "7", "1.0000"],
    ]


@pytest.mark.parametrize("without", ["NoSuchKey", "AccessDenied"])
def test_without_titles_there_is_no_column(capsys: pytest.CaptureFixture[str], without: str) -> None:
    assert said(None, capsys, as_json=False, without=without).splitlines()[1].split() == ["item", "score"]


def test_scripts_get_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    items = json.loads(said(TITLES, capsys, as_json=True))["items"]
    assert [(item["id"], item["title"]) for item in items] == [("1", "Toy Story"), ("[b]", "[red]Alien"), ("7", None)]
