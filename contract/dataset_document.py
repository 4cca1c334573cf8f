"""dataset.json as it was written; contract.dataset checks it and gives each field its meaning."""

from typing import Required, TypedDict


class DescribedFiles(TypedDict, total=False):
    """How the files of one folder are written (contract.file_format)."""

    format: str
    delimiter: str
    header: bool
    columns: list[str]
    encoding: str
    quote: str | None
    escape: str | None


class FeatureOptions(TypedDict, total=False):
    """A feature's type, and what goes with it (contract.side_table)."""

    type: Required[str]
    separator: str
    bins: int


class DescribedItems(DescribedFiles, total=False):
    """The items' own files: their id, title, and features by column."""

    id: Required[str]
    title: str | None
    features: dict[str, str | FeatureOptions]


class DescribedUsers(DescribedFiles, total=False):
    """The users' own files; ``default_by`` is one of their features."""

    id: Required[str]
    features: dict[str, str | FeatureOptions]
    default_by: str | None


class Bounds(TypedDict, total=False):
    """Of a number."""

    at_least: float
    at_most: float


Scalar = str | int | float | bool


class DatasetDocument(DescribedFiles, total=False):
    """The columns of the interactions, and the other files where there are any."""

    user: Required[str]
    item: Required[str]
    value: str | None
    timestamp: str | None
    timestamp_format: str | None
    null_values: list[str]
    where: dict[str, Scalar | list[Scalar] | Bounds]
    reject_limit: float  # share of the rows
    items: DescribedItems
    users: DescribedUsers
