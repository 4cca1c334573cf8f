"""Ten users' history and list: examples.json, and the report's last section."""

from typing import NotRequired, TypedDict

from containers.extract.data.data_index import Catalogue, DataIndex
from containers.extract.data.run_inputs import RunInputs
from containers.extract.lists.sample_lists import SampleLists

USERS = 10
_ITEMS = 10


class ExampleItem(TypedDict):
    """An item; ``title`` is null if unknown, ``score`` exists for recommendations only."""

    id: str
    title: str | None
    score: NotRequired[float]


class Example(TypedDict):
    """One user: up to ten items of the history, and the first ten of the list for publishing."""

    user: str
    history: list[ExampleItem]
    recommended: list[ExampleItem]


class MarkedItem(ExampleItem):
    """``new`` is whether the user's previous list lacks the item; None if the user had none."""

    new: bool | None


class MarkedExample(TypedDict):
    """An example in the outcome page."""

    user: str
    history: list[ExampleItem]
    recommended: list[MarkedItem]


def examples(run: RunInputs, index: DataIndex, catalogue: Catalogue, lists: SampleLists) -> list[Example]:
    """One example for each user of ``lists``. History: the best rated for explicit feedback, else the latest."""
    found = []
    for row, user in enumerate(lists.users.tolist()):
        labels, scores = lists.ranking.of(row)
        recommended = [_item(catalogue, label) for label in labels[:_ITEMS]]
        for item, score in zip(recommended, scores, strict=False):
            item["score"] = score
        history = index.history(user, _ITEMS, best_liked=run.explicit)
        found.append(
            Example(
                user=index.user_ids(user, user + 1)[0],
                history=[_item(catalogue, label) for label in history],
                recommended=recommended,
            )
        )
    return found


def _item(catalogue: Catalogue, label: int) -> ExampleItem:
    return ExampleItem(id=catalogue.ids[label], title=catalogue.titles[label])
