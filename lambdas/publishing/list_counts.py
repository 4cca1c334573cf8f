"""Statistics of a run's list lengths, from the receipts of its parts, and the warnings about them."""

from collections.abc import Sequence
from typing import TypedDict

from contract.documents import Summary
from contract.part_manifest import Receipt
from lambdas.loading import user_lists


class ListCounts(TypedDict):
    """As in outcome.json."""

    short: int  # lists with fewer than top_x items
    short_because: dict[str, int]  # why, by lambdas.loading.user_lists.SHORT
    empty: int  # short lists without any item


def counts(receipts: Sequence[Receipt]) -> ListCounts:
    """As in outcome.json: ``short`` lists, ``short_because`` (why), and the number of them that are ``empty``."""
    return {
        "short": sum(receipt["short"] for receipt in receipts),
        "short_because": {
            reason: sum(receipt["short_because"].get(reason, 0) for receipt in receipts) for reason in user_lists.SHORT
        },
        "empty": sum(receipt["empty"] for receipt in receipts),
    }


def warnings(found: ListCounts, summary: Summary, top_x: int) -> list[str]:
    """Warnings about users without a list, and about rules that leave almost nothing to recommend.

    Args:
        found: as returned by ``counts``.
        summary: summary.json.
        top_x: the requested length of lists.
    """
    messages = []
    if found["empty"]:
        messages.append(
            f"{found['empty']:,} of {summary['users']:,} users have no list of their own, because they already "
            "have every item that a list may contain. Readers get the list for unknown users instead; "
            'exclude_seen with a window, such as {"days": 90}, brings back what a user had before it.'
        )
    if summary["servable"] < min(summary["items"], top_x):
        messages.append(
            f"The rules leave {summary['servable']:,} of {summary['items']:,} items, fewer than top_x ({top_x}): no "
            "list can have more, and the lists of all users are nearly the same."
        )
    return messages
