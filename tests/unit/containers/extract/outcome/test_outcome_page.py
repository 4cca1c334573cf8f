"""The page in a browser, and its text."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from containers.extract.__main__ import main
from containers.extract.model.vectors import Vectors
from containers.extract.outcome.drawing import draw_outcome
from tests.browser.chromium import Chromium
from tests.browser.seen_page import DESK, PHONE, see
from tests.unit.containers.extract.outcome.versions import BEFORE, FACTS, write_job, write_lists
from tests.unit.containers.extract.rendered_report import VILLAIN, Outline
from tests.unit.containers.extract.world import World

CHAMPION = {"version": BEFORE, "latest_time": None, "hold_out": "latest", "fault": None, "measured": False}
USERS, ITEMS = 30, 40


def vectors() -> Vectors:
    draw = np.random.default_rng(5)
    return Vectors(draw.normal(size=(ITEMS, 5)).astype(np.float32), draw.normal(size=(USERS, 4)).astype(np.float32))


def world(**others: Any) -> World:
    return World.random(USERS, ITEMS, titles=[VILLAIN, "Léon & <b>Co</b>", None, "Up"] * 10, **others)


def html_of(root: Path, before: Any, made: World, **facts: Any) -> str:
    paths, _ = write_job(made, vectors(), root, before, **facts)
    draw_outcome(paths)
    return (paths.processing_output("outcome") / "outcome.html").read_text(encoding="utf-8")


def text_of(html: str) -> str:
    """The text of the page, with a space for each tag."""
    body = html.partition("</style>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything in it: a previous version, a changed request, a failed attempt."""
    folder = tmp_path_factory.mktemp("outcome")
    made = world(champion=CHAMPION, request={"seed": 7})
    before = {
        made.user_id(user): [made.item_id((user + 3 * place) % ITEMS) for place in range(5)] for user in range(25)
    }
    before |= {f"gone {number}": ["no longer sold"] for number in range(12)}
    file = folder / "outcome.html"
    file.write_text(html_of(folder / "opt", before, made), encoding="utf-8")
    return file


def test_it_is_drawn_on_a_desk_and_on_a_phone_in_light_and_dark(page: Path, browser: Chromium) -> None:
    figures = [f"Overlap@5 with version {BEFORE}"]
    desk, phone = see(browser, page, width=DESK, scheme="light"), see(browser, page, width=PHONE, scheme="dark")
    assert (desk.faults(figures), phone.faults(figures)) == ([], [])
    assert desk.background != phone.background


def test_it_needs_nothing_but_itself_and_titles_are_text(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    outline = Outline(html)
    assert outline.open == []
    assert not {"script", "link", "img", "b"} & set(outline.tags)
    assert VILLAIN in outline.text
    assert re.findall(r"url\((?!#)", html) == []


def test_it_says_what_was_asked_what_it_took_and_what_changed(page: Path) -> None:
    text = text_of(page.read_text(encoding="utf-8"))
    for words in (
        "published 23 November 2026, 04:07 UTC",
        "seed 7 seed of negative sampling and shuffling Everything else has its default.",
        "missing user 2",
        "lists with fewer than 5 items 3 seen 3",
        "Not comparable with the previous version: too few users.",
        "users in both versions 25",
        "users who are new 5",
        "users who are gone 12",
        "no longer sold 12 0",
        "$0.41 estimated",
        "of us-east-1 as known in 2025; this run was in eu-west-1",
        "Train factorization machines 1 failed attempt 1 h 6 min 2 × ml.c5.xlarge, 1 h 0 min expected on SageMaker: "
        "15 min 0 s to 2 h 3 min $0.41",
        "Code 3f1c9d2+changes Seed 7 Factorization machines epochs=2 k-NN k=9",
        "10 users and their lists",
    ):
        assert words in text, words
    assert "epochs" not in text.split("Everything else has its default.")[0]


def test_what_only_changed_its_place_is_marked_nowhere(tmp_path: Path) -> None:
    made = world(champion=CHAMPION, request={"top_x": 12})
    paths, lists = write_job(made, vectors(), tmp_path, None)
    write_lists(paths.processing_input("champion"), {user: items[::-1] for user, items in lists.items()})
    draw_outcome(paths)
    html = (paths.processing_output("outcome") / "outcome.html").read_text(encoding="utf-8")
    assert "100% stayed" in text_of(html)
    assert 'class="mark"' not in html


def test_the_first_version_has_none_before(tmp_path: Path) -> None:
    text = text_of(html_of(tmp_path, None, world()))
    assert "There is no previous version: these are the first published lists." in text
    assert "Overlap@" not in text


def test_a_version_before_that_cannot_be_read_is_reported_and_no_obstacle(tmp_path: Path) -> None:
    made = world(champion=CHAMPION)
    paths, _ = write_job(made, vectors(), tmp_path, {"a": ["b"]})
    (paths.processing_input("champion") / "part-00000.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00torn")
    draw_outcome(paths)
    text = text_of((paths.processing_output("outcome") / "outcome.html").read_text(encoding="utf-8"))
    assert f"Not known: of version {BEFORE}, its lists cannot be read" in text


def test_what_the_estimate_leaves_out_is_said(tmp_path: Path) -> None:
    cost = {**FACTS["cost"], "without_price": ["ml.p5.48xlarge"], "without_time": ["fm-2"]}
    embedded = FACTS["execution"].replace("111122223333", "000000000000")
    text = text_of(html_of(tmp_path, None, world(), cost=cost, execution=embedded))
    for words in (
        "estimated: what its jobs would have cost on AWS",
        "Unknown price ml.p5.48xlarge: their jobs are not included.",
        "Unknown time fm-2: attempts whose end is not in the history",
        "Not included drawing this page and the cleanup, disks, S3, DynamoDB",
    ):
        assert words in text, words
    assert "this run was in" not in text


def test_the_process_does_what_its_argument_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, _ = write_job(world(), vectors(), tmp_path, None)
    monkeypatch.setenv("OPT_ML", str(paths.root))
    assert main(["outcome"]) == 0
    assert (paths.processing_output("outcome") / "outcome.html").exists()
    assert main(["draw"]) == 1
    assert paths.message.read_text() == "ValueError: the arguments must be none, or outcome, got draw"
