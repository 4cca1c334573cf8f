"""What the table says of versions, as the DynamoDB resource interface gives it: numbers are decimal.

Where there is no such item, the functions that read one give an empty document.
"""

from decimal import Decimal
from typing import TypedDict

from contract.recommendation_table import TableKey
from contract.request_document import GateFactors

Number = int | Decimal


class Pointer(TableKey, total=False):
    """Which version readers are given, and who has moved it there."""

    current: str
    newest: str  # that was ever published
    moved_at: str  # ISO 8601
    moved_by: str


class RecordedMetrics(TypedDict):
    """By ranking, its means; None where nobody was held out."""

    model: dict[str, Number] | None
    most_popular: dict[str, Number] | None


class VersionFacts(TypedDict, total=False):
    """What a published version's record says of it."""

    users: Number
    items: Number
    interactions: Number
    metrics: RecordedMetrics
    gate: GateFactors | str


class VersionRecord(TableKey, VersionFacts, total=False):
    """One version's item; of a run that has left lists and never published, only key and status."""

    status: str  # contract.recommendation_table: PUBLISHED, RETIRING, RETIRED
    published_at: str  # ISO 8601
    published_by: str  # the execution's ARN
    lists_left: list[str]  # parts of a retired version whose lists could not be deleted
