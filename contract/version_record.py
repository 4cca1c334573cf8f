"""What the table has about versions, as returned by the DynamoDB resource interface: numbers are Decimal.

If there is no such item, the functions that read one return an empty document.
"""

from decimal import Decimal
from typing import TypedDict

from contract.recommendation_table import TableKey
from contract.request_document import GateFactors

Number = int | Decimal


class Pointer(TableKey, total=False):
    """The current version, and who moved the pointer to it."""

    current: str
    newest: str  # the newest version ever published
    moved_at: str  # ISO 8601
    moved_by: str


class RecordedMetrics(TypedDict):
    """The mean metrics by ranking; None if there are no held-out interactions."""

    model: dict[str, Number] | None
    most_popular: dict[str, Number] | None


class VersionFacts(TypedDict, total=False):
    """What a published version's record has about it."""

    users: Number
    items: Number
    interactions: Number
    metrics: RecordedMetrics
    gate: GateFactors | str


class VersionRecord(TableKey, VersionFacts, total=False):
    """The record of a version. A run that left lists without publishing has only key and status."""

    status: str  # contract.recommendation_table: PUBLISHED, RETIRING, RETIRED
    published_at: str  # ISO 8601
    published_by: str  # the execution's ARN
    lists_left: list[str]  # parts of a retired version whose lists could not be deleted
