"""Where in a run's files users are: every key of the layout, and how one user is taken out of it."""

from enum import Enum, auto

from contract.run_layout import RunLayout


class Holds(Enum):
    """What a document of a run says of users."""

    LINES = auto()  # JSON lines, gzipped, with ``user`` in those of users
    ROWS = auto()  # JSON lines, gzipped: refused rows, of which some have the user as they were read
    ENTRIES = auto()  # a JSON array, with ``user`` in those of users
    SENTENCES = auto()  # JSON with sentences, which may quote an id
    PAGE = auto()  # HTML, which may show a user
    NOBODY = auto()


def holds(layout: RunLayout, key: str) -> Holds | None:
    """What lies at ``key``, a key under ``layout.run``; None where topx writes nothing."""
    for place, what in _places(layout).items():
        if key == place or (place.endswith("/") and key.startswith(place)):
            return what
    return None


def places_of_users(layout: RunLayout) -> tuple[str, ...]:
    """The keys and folders of those documents that may name a user."""
    return tuple(place for place, what in _places(layout).items() if what is not Holds.NOBODY)


def _places(layout: RunLayout) -> dict[str, Holds]:
    """The documents and folders that a run keeps; what it has in its scratch folder is deleted whole."""
    return {
        layout.plan: Holds.NOBODY,
        layout.summary: Holds.SENTENCES,
        layout.rejected: Holds.ROWS,
        layout.manifest: Holds.NOBODY,
        layout.item_ids: Holds.NOBODY,
        layout.item_titles: Holds.NOBODY,
        layout.parts: Holds.LINES,
        layout.default_lists: Holds.NOBODY,
        layout.training: Holds.NOBODY,
        layout.refit_training: Holds.NOBODY,
        layout.metrics: Holds.NOBODY,
        layout.evaluated_lists: Holds.LINES,
        layout.examples: Holds.ENTRIES,
        layout.report: Holds.PAGE,
        layout.receipts: Holds.NOBODY,
        layout.published_lists: Holds.LINES,
        layout.retirement: Holds.NOBODY,
        layout.untidied: Holds.SENTENCES,
        layout.outcome: Holds.SENTENCES,
        layout.facts: Holds.NOBODY,
        layout.outcome_page: Holds.PAGE,
        layout.registered_model: Holds.NOBODY,  # k-NN's index is of items
    }
