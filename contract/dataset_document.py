"""The raw dataset.json; contract.dataset validates it and gives each field its meaning."""

from typing import Required, TypedDict


class DescribedFiles(TypedDict, total=False):
    """The format of the files in one folder (contract.file_format)."""

    format: str
    delimiter: str
    header: bool
    columns: list[str]
    encoding: str
    quote: str | None
    escape: str | None


class FeatureOptions(TypedDict, total=False):
    """A feature's type and options (contract.side_table)."""

    type: Required[str]
    separator: str
    bins: int


class DescribedItems(DescribedFiles, total=False):
    """The item files: columns of id and title, and features by column."""

    id: Required[str]
    title: str | None
    features: dict[str, str | FeatureOptions]


class DescribedUsers(DescribedFiles, total=False):
    """The user files; ``default_by`` is one of their features."""

    id: Required[str]
    features: dict[str, str | FeatureOptions]
    default_by: str | None


class Bounds(TypedDict, total=False):
    """The bounds of a number."""

    at_least: float
    at_most: float


Scalar = str | int | float | bool


class DatasetDocument(DescribedFiles, total=False):
    """The columns of the interactions, and the other files if there are any."""

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
