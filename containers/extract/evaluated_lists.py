"""The lists of the model that was measured, where another one's are published: what a later model is held beside.

A published model that was trained on everything has learned from what a later run holds out. Beside its lists any new
model, measured without that, would look worse than it is. The model that was measured knew as little as the new one.
"""

from pathlib import Path

from containers.extract.data_index import Catalogue, DataIndex
from containers.extract.json_lines import gzipped_lines, json_line
from containers.extract.ranking import NO_ITEM
from containers.extract.run_inputs import RunInputs
from containers.extract.served_lists import served_lists
from containers.extract.vectors import Vectors
from contract.run_plan import part_name


def write_evaluated_lists(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, folder: Path
) -> None:
    """Write the lists of all users with held-out interactions, as if published, to ``folder``: user and items a line.

    Nothing is written when nobody is held out.
    """
    users = index.held_out_users()
    if not len(users):
        return
    lists = served_lists(run, index, vectors, users).ranking.labels
    with gzipped_lines(folder / f"{part_name(0)}.jsonl.gz") as lines:
        for user, labels in zip(index.user_ids_of(users), lists, strict=True):
            items = [catalogue.ids[label] for label in labels[labels != NO_ITEM]]
            lines.write(json_line({"user": user, "items": items}))
