"""Recommendation lists to load: 100 items each, like those of a MovieLens run."""

import random
from typing import Any

from contract import list_scores
from contract.recommendation_table import PARTITION_KEY, SORT_KEY, user_item, user_item_on_the_wire

LENGTH = 100
VERSION = "20261127t030000000-a9711f"
TABLE_KEYS: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
        {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in (PARTITION_KEY, SORT_KEY)],
    "BillingMode": "PAY_PER_REQUEST",
}


def ranked(user: int) -> tuple[list[str], list[float]]:
    """A user's items and scores, always the same."""
    chance = random.Random(user)
    return (
        [str(chance.randrange(1, 100_000)) for _ in range(LENGTH)],
        sorted((chance.gauss(1, 1) for _ in range(LENGTH)), reverse=True),
    )


def wire_item(user: int) -> dict[str, Any]:
    """A user's list as sent by the loader."""
    ids, scores = ranked(user)
    return user_item_on_the_wire(str(user), VERSION, ids, list_scores.texts(scores))


def plain_item(user: int) -> dict[str, Any]:
    """The same list for boto3's Table."""
    return user_item(str(user), VERSION, *ranked(user))
