"""Generated reports, parsed like in a browser."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.evaluation.champion import ComparedWithChampion
from containers.extract.evaluation.choosing import choose
from containers.extract.evaluation.dial import turn
from containers.extract.evaluation.model_evaluation import Evaluation, evaluate
from containers.extract.lists.examples import examples
from containers.extract.lists.sample_lists import sample_lists
from containers.extract.model.spreading import spread
from containers.extract.model.vectors import Terms
from containers.extract.pages.report import report
from containers.extract.passes import Pass
from contract.measured_documents import Metrics, ModelQuality, TrainingLosses
from tests.unit.containers.extract.world import TRAINING, World

VILLAIN = "<script>alert('1')</script>"


def random_terms(world: World) -> Terms:
    draw = np.random.default_rng(5)
    return Terms(
        draw.normal(size=(world.items, 4)).astype(np.float32),
        draw.normal(size=(world.users, 4)).astype(np.float32),
        draw.normal(size=world.items),
        np.log1p(np.array(world.popularity, dtype=np.float64)),
        np.zeros(world.users),
    )


def page(
    world: World,
    folder: Path,
    champion: ComparedWithChampion | None = None,
    training: TrainingLosses = TRAINING,
    which: Pass = Pass.EVALUATE,
) -> str:
    paths = world.write(folder / "opt")
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), run.users, run.items)
    catalogue, terms = index.catalogue(), random_terms(world)
    choice = choose(run, index, terms)
    vectors = terms.at(choice.settings)
    lists = sample_lists(run, index, vectors, spread(run.users, 10))
    shown = examples(run, index, catalogue, lists)
    evaluation = evaluate(run, index, catalogue, vectors, paths.processing_input("champion"))
    if champion is not None:
        evaluation = replace(evaluation, champion=champion)
    metrics: Metrics = {
        **document(evaluation),
        **turn(run, index, terms, index.catalogue().popularity, choice.settings).as_json(),
        "settings": choice.as_json(),
        "hold_out": run.summary["hold_out"],
    }
    return report(run, which, metrics, training, popularity=catalogue.popularity, sample=lists.ranking, examples=shown)


def document(evaluation: Evaluation) -> ModelQuality:
    """metrics.json as a later job reads it."""
    found: ModelQuality = json.loads(json.dumps(evaluation.as_json()))
    return found


class Outline(HTMLParser):
    """Tags, attributes and text as in a browser."""

    VOID = ("meta", "br", "img", "link", "input", "hr")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            value or "" for name, value in attrs if name.split(":")[-1] in ("href", "src", "srcset", "data", "action")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data
