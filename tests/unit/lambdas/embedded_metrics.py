"""Parses a function's log into metrics like CloudWatch, by the specification of its embedded metric format.

Written from "Specification: Embedded metric format", CloudWatch user guide; units are those of botocore's model.
"""

import json
from dataclasses import dataclass
from typing import Any

import botocore.session

UNITS = set(botocore.session.get_session().get_service_model("cloudwatch").shape_for("StandardUnit").enum)


@dataclass(frozen=True)
class Datum:
    """One value of one metric, as CloudWatch would store it."""

    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    value: float
    milliseconds: int


def data_of(log: str) -> list[Datum]:
    """The metrics of all lines; AssertionError if a line violates a MUST of the specification."""
    found = []
    for line in log.splitlines():
        if not line.startswith("{"):
            continue
        document = json.loads(line, parse_constant=_refused)
        if "_aws" in document:
            found += _of_document(document)
            assert len(line.encode()) < 256 * 1024
    return found


def _of_document(document: dict[str, Any]) -> list[Datum]:
    about = document["_aws"]
    assert set(about) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(about["Timestamp"], int)
    found = []
    for directive in about["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Namespace"]) <= 1024
        assert 1 <= len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert set(metric) <= {"Name", "Unit", "StorageResolution"}
            assert 1 <= len(metric["Name"]) <= 1024
            assert metric["Unit"] in UNITS
            value = document[metric["Name"]]
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)
            for dimensions in directive["Dimensions"]:
                assert len(dimensions) <= 30
                named = tuple((name, document[name]) for name in dimensions)
                assert all(isinstance(text, str) and 1 <= len(text) <= 1024 for _, text in named)
                found.append(
                    Datum(directive["Namespace"], metric["Name"], metric["Unit"], named, value, about["Timestamp"])
                )
    return found


def _refused(constant: str) -> float:
    raise AssertionError(f"{constant} is no JSON")
