"""Whether the data that a run reads is still the data that it was planned for."""

from collections.abc import Mapping

_NAMED = 5  # objects of each kind in the message


def fault(planned: Mapping[str, object], found: Mapping[str, object]) -> str | None:
    """What has changed, as text, or None.

    Args:
        planned: key → what identifies an object's content: its size and ETag.
        found: the same for the objects that exist now.

    >>> fault({"input/interactions/a.csv": 1, "input/interactions/b.csv": 2}, {"input/interactions/a.csv": 1})
    ... # doctest: +ELLIPSIS
    'the data changed during the run: input/interactions/b.csv vanished; upload all data, ...'
    """
    kinds = {
        "was replaced": [key for key in planned if key in found and found[key] != planned[key]],
        "vanished": [key for key in planned if key not in found],
        "appeared": [key for key in found if key not in planned],
    }
    messages = [f"{_listed(keys)} {kind}" for kind, keys in kinds.items() if keys]
    if not messages:
        return None
    return (
        f"the data changed during the run: {', '.join(messages)}; upload all data, input/dataset.json last, and start "
        "another run"
    )


def _listed(keys: list[str]) -> str:
    named = " and ".join(sorted(keys)[:_NAMED])
    return f"{named} and {len(keys) - _NAMED} more" if len(keys) > _NAMED else named
