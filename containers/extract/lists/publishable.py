"""Writes all files for publishing a model: k-NN's rows, the loader's files, the default lists."""

import json

from containers.contents import sha256
from containers.extract.data.data_index import Catalogue, DataIndex
from containers.extract.data.run_inputs import RunInputs
from containers.extract.lists.default_lists import default_lists
from containers.extract.lists.parts import Places, write_item_ids, write_item_titles, write_item_vectors, write_parts
from containers.extract.lists.proofs import write_item_proofs
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.model.vectors import Vectors
from sagemaker_contract.job_paths import JobPaths


def write_lists(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, paths: JobPaths
) -> tuple[int, int]:
    """Write them all; parts.json comes last, because it has the hashes of the others.

    Args:
        paths: inputs ``plan`` and ``summary``, whose hashes are stored as well; outputs ``vectors``, ``run``.

    Returns:
        How many parts, and how many users got an exact list.
    """
    rows, output = paths.processing_output("vectors"), paths.processing_output("run")
    places = Places(rows=rows / "users", proofs=rows / "proofs", manifest=output)
    shared = {
        "item_ids": output / "item_ids.jsonl.gz",
        "item_rows": places.proofs / "items.f32",
        "default_lists": output / "default_lists.json",
        "plan": paths.processing_input("plan") / "plan.json",
        "summary": paths.processing_input("summary") / "summary.json",
    }
    write_item_vectors(vectors.items, rows / "items", catalogue.servable)
    write_item_ids(catalogue.ids, shared["item_ids"])
    write_item_titles(catalogue.ids, catalogue.titles, output / "item_titles.jsonl.gz")
    write_item_proofs(shared["item_rows"], vectors.items, catalogue.servable, catalogue.popularity)
    defaults = default_lists(index, catalogue.ids, RankingRules.of(run, index), run.default_by)
    shared["default_lists"].write_text(json.dumps(defaults, ensure_ascii=False), encoding="utf-8")
    hashes = {name: sha256(file) for name, file in shared.items()}
    return write_parts(run, index, vectors, places=places, shared=hashes)
