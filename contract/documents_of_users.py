"""Which files of a run contain data about users: every key of the layout, and how to erase one user from each."""

from enum import Enum, auto

from contract.run_layout import RunLayout


class Holds(Enum):
    """What a document of a run contains about users."""

    LINES = auto()  # JSON lines, gzipped; lines about users have ``user``
    ROWS = auto()  # JSON lines, gzipped: rejected rows, some with the user as it was read
    ENTRIES = auto()  # a JSON array; entries about users have ``user``
    SENTENCES = auto()  # JSON with sentences that may quote an id
    PAGE = auto()  # HTML that may show a user
    NOBODY = auto()


def holds(layout: RunLayout, key: str) -> Holds | None:
    """What the object at ``key``, a key under ``layout.run``, contains; None if topx writes no such object."""
    for place, what in _places(layout).items():
        if key == place or (place.endswith("/") and key.startswith(place)):
            return what
    return None


def places_of_users(layout: RunLayout) -> tuple[str, ...]:
    """The keys and folders of the documents that may name a user."""
    return tuple(place for place, what in _places(layout).items() if what is not Holds.NOBODY)


def _places(layout: RunLayout) -> dict[str, Holds]:
    """The documents and folders that a run keeps. Its scratch folder is always deleted as a whole."""
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
        layout.lists_left: Holds.SENTENCES,
        layout.outcome: Holds.SENTENCES,
        layout.facts: Holds.NOBODY,
        layout.outcome_page: Holds.PAGE,
        layout.registered_model: Holds.NOBODY,  # the k-NN index contains items only
    }
