"""The table's keys and items, for those who write it and those who read it.

Partition key ``pk``, sort key ``version``. A reader takes ``meta#current`` / ``pointer`` first, then
``user#<id>`` / that version; it may keep the pointer for a minute. For somebody without a list, or with an empty one,
whether the data does not know the user or leaves nothing to recommend, there is
``meta#default#<value>`` / that version, by a value of the feature that ``meta#default`` / that version names as ``by``,
and failing that the list of ``meta#default`` itself.
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

# The list for users that the data does not know; with "#" and a value of the chosen feature, for those who have it.
DEFAULT_PARTITION = "meta#default"

# Who moved the pointer, when, from where and to where: one record a move, sorted by time.
MOVE_PARTITION = "meta#move"

# One record for each user who was forgotten, by hash; and the salt of these hashes (contract/forgotten_users.py).
FORGOTTEN_PARTITION = "meta#forgotten"
SALT_KEY: TableKey = {PARTITION_KEY: "meta#salt", SORT_KEY: "forgotten"}

# A version's status. Only a published one may become current; a retired one has no lists any more.
PUBLISHED = "published"
RETIRING = "retiring"
RETIRED = "retired"

# DynamoDB refuses larger items; the margin covers keys and attribute names.
MOST_ITEM_BYTES = 380_000
# DynamoDB refuses longer partition keys.
MOST_USER_BYTES = 2048 - len("user#")
MOST_VALUE_BYTES = 2048 - len(f"{DEFAULT_PARTITION}#")


def key_text(found: Any, most_bytes: int) -> str:
    """``found``, as it was read from a file, when a key may hold it.

    Args:
        most_bytes: of its UTF-8: MOST_USER_BYTES or MOST_VALUE_BYTES.

    Raises:
        TypeError: when it is no text.
        ValueError: when it is too long, or has half a surrogate pair: DynamoDB would refuse the whole batch.
    """
    if not isinstance(found, str):
        raise TypeError(f"an id must be text, got {str(found)[:100]!r}")
    if len(found.encode()) > most_bytes:
        raise ValueError(f"an id must have at most {most_bytes} bytes, got {found[:100]!r}...")
    return found


def user_key(user: str, version: str) -> TableKey:
    """The key of one user's list in one version."""
    return {PARTITION_KEY: f"user#{user}", SORT_KEY: version}


def default_key(version: str, value: str | None = None) -> TableKey:
    """The key of the list for unknown users, or for those of them who have ``value`` of the chosen feature."""
    return {PARTITION_KEY: DEFAULT_PARTITION if value is None else f"{DEFAULT_PARTITION}#{value}", SORT_KEY: version}


def version_key(version: str) -> TableKey:
    """The key of the record that says when, from what and by whom a version was published."""
    return {PARTITION_KEY: VERSION_PARTITION, SORT_KEY: version}


def user_item(user: str, version: str, ids: list[str], scores: list[float], form: str = LIST) -> Attributes:
    """One user's list, best first, as the DynamoDB resource interface takes it.

    Args:
        form: of the scores: one of list_scores.FORMS.
    """
    return {**user_key(user, version), "items": ids, **list_scores.attribute(list_scores.texts(scores), form)}


def user_item_on_the_wire(user: str, version: str, ids: list[str], scores: list[str], form: str = LIST) -> Attributes:
    """The same list as DynamoDB itself takes it, with scores in decimal: boto3's serializer takes longer than the rest.

    >>> user_item_on_the_wire("a", "v", ["i"], ["0.5"])["items"]
    {'L': [{'S': 'i'}]}
    """
    return {
        **key_on_the_wire(user_key(user, version)),
        "items": {"L": [{"S": item} for item in ids]},
        **list_scores.attribute_on_the_wire(scores, form),
    }


def key_on_the_wire(key: TableKey) -> dict[str, dict[str, str]]:
    """A key as DynamoDB itself takes it."""
    return {name: {"S": str(value)} for name, value in key.items()}


def default_item(
    version: str, value: str | None, by: str | None, ids: list[str], scores: list[float], *, form: str = LIST
) -> Attributes:
    """A list for unknown users; ``by`` is the column of the chosen feature, None when there is none."""
    kept = list_scores.attribute(list_scores.texts(scores), form)
    item = {**default_key(version, value), "items": ids, **kept}
    return item if by is None else item | {"by": by}


def largest_item_bytes(top_x: int, longest_user: int, longest_item: int) -> int:
    """An upper bound of a list's size in bytes, from the longest ids in UTF-8.

    Source: "DynamoDB item sizes and formats": an element of a list costs one byte beside its own
    size, a number at most 21.
    """
    return longest_user + 100 + top_x * (longest_item + 1 + 22)


def largest_top_x(longest_user: int, longest_item: int) -> int:
    """The longest list that surely fits into one item, from the longest ids in UTF-8; 0 when none does.

    >>> largest_top_x(20, 2000), largest_item_bytes(187, 20, 2000) <= MOST_ITEM_BYTES
    (187, True)
    """
    return max(0, (MOST_ITEM_BYTES - largest_item_bytes(0, longest_user, longest_item)) // (longest_item + 1 + 22))
