"""How the interactions to measure a model on are held out: the latest ones, or random ones if the order is unknown.

summary.json and metrics.json have it under ``hold_out``: ``kind``, ``because`` (why it is random, else null), and
``tied_users`` (the number of users with both held-out and training interactions at the same time).
"""

from contract.documents import HoldOut

LATEST, RANDOM = "latest", "random"
KINDS = (LATEST, RANDOM)
# If times decide for fewer users than chance does, the metrics say little about the future.
_MOST_TIED = 0.5


def words(hold_out: HoldOut) -> str:
    """The kind, and why it is not the other one.

    >>> words({"kind": "random", "because": "the data has no timestamp"})
    'random (the data has no timestamp)'
    """
    because = hold_out["because"]
    return f"{hold_out['kind']} ({because})" if because else str(hold_out["kind"])


def warnings(hold_out: HoldOut, users: int) -> list[str]:
    """Why the metrics may not predict the future, as sentences.

    Args:
        users: number of users with held-out interactions.
    """
    if hold_out["kind"] == RANDOM:
        return [
            f"Interactions were held out at random, because {hold_out['because']}: the metrics measure how well "
            "missing interactions are found, which is easier than predicting the next ones."
        ]
    tied = hold_out["tied_users"]
    if tied > _MOST_TIED * users:
        return [
            f"For {tied:,} of {users:,} users the hold-out begins between interactions with the same time, such as one "
            "basket or one day: which of these are held out was chosen at random."
        ]
    return []
