"""The lists of the measured model if another one is published, for comparison with a later model.

A published model that was trained on everything has learned what a later run holds out. Compared with its lists, any
new model, which is measured without these interactions, would look worse than it is. The measured model knew as little
as the new one.

If the hold-out is random, a later run holds out the same interactions again. So these lists leave out only what the
model was trained on; otherwise they could contain none of the items to find.
"""

from pathlib import Path

from containers.extract.data.data_index import Catalogue, DataIndex
from containers.extract.data.json_lines import gzipped_lines, json_line
from containers.extract.data.run_inputs import RunInputs
from containers.extract.lists.ranking import NO_ITEM
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.model.vectors import Vectors
from contract.run_plan import part_name


def write_evaluated_lists(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, folder: Path
) -> None:
    """Write the lists of all users with held-out interactions to ``folder``: user and items in each line.

    They equal the lists for publishing, except for the items left out with a random hold-out. Without held-out
    interactions nothing is written.
    """
    users, pairs = index.measured.users, index.measured.pairs
    if not len(users):
        return
    seen = pairs.not_to_repeat_of_training() if run.holds_out_at_random else pairs.not_to_repeat()
    lists = RankingRules.of(run, index).lists(vectors.of_users(users), vectors.items, seen).labels
    with gzipped_lines(folder / f"{part_name(0)}.jsonl.gz") as lines:
        for user, labels in zip(index.user_ids_of(users), lists, strict=True):
            items = [catalogue.ids[label] for label in labels[labels != NO_ITEM]]
            lines.write(json_line({"user": user, "items": items}))
