"""The table's keys and items, for writers and readers.

Partition key ``pk``, sort key ``version``. A reader first gets ``meta#current`` / ``pointer``, then ``user#<id>`` /
that version; it may cache the pointer for a minute. If a user has no list or an empty one, because the data does not
have the user or nothing is left to recommend, the reader gets the default list: ``meta#default#<value>`` / that
version, by the user's value of the feature that ``meta#default`` / that version names in ``by``, or else the list of
``meta#default`` itself.
"""

from typing import Any, Final, TypedDict

from contract import list_scores
from contract.list_scores import LIST, Attributes

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "version"


class TableKey(TypedDict):
    """The key of an item."""

    pk: str
    version: str


POINTER_KEY: TableKey = {PARTITION_KEY: "meta#current", SORT_KEY: "pointer"}
VERSION_PARTITION = "meta#version"

# The default list; with "#" and a value of the chosen feature, the default list for users with that value.
DEFAULT_PARTITION = "meta#default"

# Who moved the pointer, when, from which version and to which: one record for each move, sorted by time.
MOVE_PARTITION = "meta#move"

# One record for each forgotten user, by hash; and the salt of these hashes (contract/forgotten_users.py).
FORGOTTEN_PARTITION = "meta#forgotten"
SALT_KEY: TableKey = {PARTITION_KEY: "meta#salt", SORT_KEY: "forgotten"}

# A version's status. Only a published version may become current; a retired one has no lists any more.
PUBLISHED = "published"
RETIRING = "retiring"
RETIRED = "retired"

# DynamoDB rejects larger items; the margin is for keys and attribute names.
MOST_ITEM_BYTES = 380_000
# DynamoDB rejects longer partition keys.
MOST_USER_BYTES = 2048 - len("user#")
MOST_VALUE_BYTES = 2048 - len(f"{DEFAULT_PARTITION}#")


def key_text(found: Any, most_bytes: int) -> str:
    """``found``, as read from a file, if a key may contain it.

    Args:
        most_bytes: maximum length in UTF-8: MOST_USER_BYTES or MOST_VALUE_BYTES.

    Raises:
        TypeError: if it is not a text.
        ValueError: if it is too long, or has half a surrogate pair, for which DynamoDB would reject the whole batch.
    """
    if not isinstance(found, str):
        raise TypeError(f"an id must be text, got {str(found)[:100]!r}")
    if len(found.encode()) > most_bytes:
        raise ValueError(f"an id must have at most {most_bytes} bytes, got {found[:100]!r}...")
    return found


def user_key(user: str, version: str) -> TableKey:
    """The key of a user's list in a version."""
    return {PARTITION_KEY: f"user#{user}", SORT_KEY: version}


def default_key(version: str, value: str | None = None) -> TableKey:
    """The key of the default list, or of the default list for ``value`` of the chosen feature."""
    return {PARTITION_KEY: DEFAULT_PARTITION if value is None else f"{DEFAULT_PARTITION}#{value}", SORT_KEY: version}


def version_key(version: str) -> TableKey:
    """The key of the record of when, from what and by whom a version was published."""
    return {PARTITION_KEY: VERSION_PARTITION, SORT_KEY: version}


def user_item(user: str, version: str, ids: list[str], scores: list[float], form: str = LIST) -> Attributes:
    """A user's list, best first, for the DynamoDB resource interface.

    Args:
        form: the encoding of the scores, one of list_scores.FORMS.
    """
    return {**user_key(user, version), "items": ids, **list_scores.attribute(list_scores.texts(scores), form)}


def user_item_on_the_wire(user: str, version: str, ids: list[str], scores: list[str], form: str = LIST) -> Attributes:
    """The same list in DynamoDB's JSON, with decimal scores: boto3's serializer would take longer than all other work.

    >>> user_item_on_the_wire("a", "v", ["i"], ["0.5"])["items"]
    {'L': [{'S': 'i'}]}
    """
    return {
        **key_on_the_wire(user_key(user, version)),
        "items": {"L": [{"S": item} for item in ids]},
        **list_scores.attribute_on_the_wire(scores, form),
    }


def key_on_the_wire(key: TableKey) -> dict[str, dict[str, str]]:
    """A key in DynamoDB's JSON."""
    return {name: {"S": str(value)} for name, value in key.items()}


def default_item(
    version: str, value: str | None, by: str | None, ids: list[str], scores: list[float], *, form: str = LIST
) -> Attributes:
    """A default list; ``by`` is the column of the chosen feature, None if there is none."""
    kept = list_scores.attribute(list_scores.texts(scores), form)
    item = {**default_key(version, value), "items": ids, **kept}
    return item if by is None else item | {"by": by}


def largest_item_bytes(top_x: int, longest_user: int, longest_item: int) -> int:
    """An upper bound of a list's size in bytes, given the longest ids in UTF-8.

    Source: "DynamoDB item sizes and formats": an element of a list takes one byte in addition to its own size, a number
    at most 21.
    """
    return longest_user + 100 + top_x * (longest_item + 1 + 22)


def largest_top_x(longest_user: int, longest_item: int) -> int:
    """The longest list that always fits into one item, given the longest ids in UTF-8; 0 if none does.

    >>> largest_top_x(20, 2000), largest_item_bytes(187, 20, 2000) <= MOST_ITEM_BYTES
    (187, True)
    """
    return max(0, (MOST_ITEM_BYTES - largest_item_bytes(0, longest_user, longest_item)) // (longest_item + 1 + 22))
