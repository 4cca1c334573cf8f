"""What loading one part has written: the table, the file, or a refusal and nothing."""

import gzip
import json
from typing import Any

import numpy as np
import pytest

from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.handlers.load_part import Event, handler
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.part_in_bucket import PART, RUN_ID, SmallPart

LAYOUT = RunLayout("", RUN_ID)


def written(aws: Aws) -> dict[str, dict[str, Any]]:
    """The table's items by user."""
    return {item["pk"].removeprefix("user#"): item for item in aws.table.scan()["Items"]}


def published(aws: Aws) -> list[dict[str, Any]]:
    """The lines of the recommendations file."""
    return [json.loads(line) for line in gzip.decompress(aws.get(LAYOUT.recommendations(PART))).splitlines()]


def assert_right(aws: Aws, part: SmallPart) -> None:
    """The table and the file both have brute force's lists; an empty list is only in the file."""
    table, lines = written(aws), published(aws)
    assert len(lines) == part.users
    assert set(table) == {part.names(row) for row in range(part.users) if part.due(row)}
    for row, line in enumerate(lines):
        due = part.due(row)
        assert line["user"] == part.names(row)
        if not due:
            assert (line["items"], line["scores"]) == ([], [])
            continue
        item = table[part.names(row)]
        assert item["version"] == RUN_ID
        assert item["items"] == line["items"] == [part.item_ids[label] for label in due]
        assert [float(score) for score in item["scores"]] == line["scores"]
        np.testing.assert_allclose(line["scores"], part.scores(row, due), rtol=1e-6)


def refused(aws: Aws, part: SmallPart, said: str, event: Event | None = None) -> None:
    """The loader refuses, and there is nothing in the table, and no receipt."""
    with pytest.raises(PublishRefused) as error:
        handler(event or part.event(), None)
    assert said in str(error.value)
    assert str(error.value).startswith("PublishRefused: ")
    assert not written(aws)
    assert not aws.keys(LAYOUT.receipts)
