import re
from dataclasses import replace

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.data.settings import DEFAULT
from containers.extract.evaluation.model_evaluation import Evaluation
from containers.extract.lists.examples import examples
from containers.extract.lists.sample_lists import sample_lists
from containers.extract.model.spreading import spread
from containers.extract.pages.charts import popularity_groups
from containers.extract.pages.report_warnings import report_warnings
from tests.browser.chromium import Chromium
from tests.browser.seen_page import DESK, PHONE, see
from tests.unit.containers.extract.comparisons import UNPUBLISHED, VERSION, beside, with_champion
from tests.unit.containers.extract.rendered_report import VILLAIN, Outline, document, page, random_terms
from tests.unit.containers.extract.world import RUN_ID, TRAINING, World

FIGURES = [
    "Effect of popularity",
    "The long tail",
    "Score by rank",
    "Popularity of the recommended items",
    "Loss by epoch",
]


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> str:
    world = World.random(30, 40, titles=[VILLAIN, "Léon & <b>Co</b>", None] * 13 + [None]).with_features()
    return page(world, tmp_path_factory.mktemp("report"))


def test_it_needs_nothing_but_itself(html):
    outline = Outline(html)
    assert all(link.startswith("#") for link in outline.links)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(outline.tags)
    assert re.findall(r"url\((?!#)", html) == []
    assert "@import" not in html
    # The remaining ones are XML namespaces, which nothing loads.
    assert set(re.findall(r'https?://[^"\s<]+', html)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_every_tag_is_closed(html):
    assert Outline(html).open == []


def test_titles_are_text_not_markup(html):
    assert VILLAIN not in html
    outline = Outline(html)
    assert VILLAIN in outline.text
    assert "Léon & <b>Co</b>" in outline.text
    assert "b" not in outline.tags


def test_ids_are_text_not_markup(tmp_path, monkeypatch):
    monkeypatch.setattr(World, "user_id", lambda self, user: f"<script>{user}</script>")
    monkeypatch.setattr(World, "item_id", lambda self, item: f"<img src=x onerror={item}>")
    outline = Outline(page(World.random(12, 20), tmp_path))
    assert not {"script", "img"} & set(outline.tags)
    assert "<script>0</script>" in outline.text


def test_it_says_what_run_when_and_how_good(html):
    text = " ".join(Outline(html).text.split())
    for words in (f"Run {RUN_ID}", "23 November 2026, 03:00 UTC", "NDCG@10", "Recall@20", "most popular", "monday"):
        assert words in text


def test_users_in_thirds_and_the_tail_stand_beside_most_popular(html):
    text = " ".join(Outline(html).text.split())
    number = r'<td class="n">0\.\d{4}</td>'
    assert re.search(
        rf'<th scope="row">light users, \d+–\d+</th><td class="n">\d+</td>{number}{number}<td class="n', html
    )
    assert "all users, without the head" in text
    assert re.search(r"first hundred places of these users’ lists hold \d+\.\d% of the catalogue", text)


def test_its_figures_take_their_colours_from_the_page(html):
    figures = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(figures) == len(FIGURES)
    for figure in figures:
        assert "var(--series-1)" in figure
        assert "var(--muted)" in figure
        assert set(re.findall(r"#[0-9a-f]{6}\b", figure)) <= {"#ffffff"}
        assert "aria-label" in figure


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_browser_draws_all_of_it(width, scheme, html, browser: Chromium, tmp_path):
    (tmp_path / "report.html").write_text(html, encoding="utf-8")
    assert see(browser, tmp_path / "report.html", width=width, scheme=scheme).faults(FIGURES) == []


def test_without_titles_the_ids_are_shown(tmp_path):
    assert "item/" in Outline(page(World.random(5, 6), tmp_path)).text


def test_nothing_held_out_is_said_instead_of_numbers(tmp_path):
    world = World(3, 4, [(user, user, False, 1.0) for user in range(3)])
    text = Outline(page(world, tmp_path)).text
    assert "Not measured" in text
    assert "the quality of the model is unknown, so nothing of this run is published" in text


def test_nothing_held_out_is_no_obstacle_with_the_gate_off(tmp_path):
    run = read_run(World(2, 2, [(0, 0, False, 1.0)], request={"gate": "off"}).write(tmp_path))
    found = report_warnings(run, document(Evaluation(None, UNPUBLISHED, head_items=0)))
    assert "gate is off" in found[0]
    assert found[1].endswith("the quality of the model is unknown.")


@pytest.mark.parametrize(("feedback", "first"), [("explicit", 1), ("implicit", 2)])
def test_history_is_the_best_liked_where_values_say_so_and_the_latest_elsewhere(tmp_path, feedback, first):
    liked = [(0, 0, False, 2.0), (0, 1, False, 5.0), (0, 2, False, 1.0)]
    world = World(1, 4, liked, request={"feedback": feedback})
    paths = world.write(tmp_path / "opt")
    run, index = read_run(paths), DataIndex(paths.processing_input("index"), 1, 4)
    lists = sample_lists(run, index, random_terms(world).at(DEFAULT), spread(1, 10))
    (example,) = examples(run, index, index.catalogue(), lists)
    assert example["history"][0] == {"id": world.item_id(first), "title": None}
    assert [item["id"] for item in example["recommended"]] == [world.item_id(3)]


def test_a_catalogue_that_everybody_knows_is_no_error(tmp_path):
    world = World(2, 2, [(user, item, False, 1.0) for user in range(2) for item in range(2)])
    assert "every item of the catalogue is known" in Outline(page(world, tmp_path)).text


def numbers_of(html: str, section: str) -> dict[str, list[str]]:
    """By metric, the cells of the first table in a section."""
    part = html.split(f"<h2>{section}</h2>")[1].split("</table>", maxsplit=1)[0]
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', part, flags=re.DOTALL)
    return {label: re.findall(r"<td[^>]*>(.*?)</td>", cells, flags=re.DOTALL) for label, cells in found}


def test_side_features_stand_there_with_their_values_and_what_is_missing(html, tmp_path):
    cells = re.search(r"<th>side feature</th>.*?<tbody>(.*?)</tbody>", html, flags=re.DOTALL)[1]
    assert re.findall(r'<td class="n">(.*?)</td>', cells) == ["5", "12.5%"]
    assert "known <small>categories, items</small>" in cells
    assert "No side features" in Outline(page(World.random(5, 6), tmp_path)).text


def test_the_head_is_reported_with_its_share_of_both(tmp_path):
    world = World(4, 4, [(user, item, False, 1.0) for user in range(4) for item in (0, 1) if (user, item) != (3, 1)])
    text = " ".join(Outline(page(world, tmp_path)).text.split())
    # Seven interactions: the first item has four of them. All users have it, so it is recommended to none.
    head = "The head, 1 of 4 items, holds 57% of the interactions that this model was trained on"
    assert f"{head} and gets 0% of the first ten" in text


def test_the_loss_is_reported_before_during_and_after(html):
    cells = re.search(r"<th>loss \(cross-entropy\)</th>.*?<tbody>(.*?)</tbody>", html, flags=re.DOTALL)[1]
    assert re.findall(r'<td class="n">(.*?)</td>', cells) == ["0.6900", "0.3600", "0.2500", "0.4400", "2 of 2"]


def test_a_log_that_did_not_come_is_reported_and_no_chart_drawn(tmp_path):
    nothing = {"metric": None, "epochs": [], "complete": False, "untrained_loss": None, "test_loss": None}
    html = page(World.random(12, 20), tmp_path, training=TRAINING | nothing)
    assert "Unknown: the training job’s log was not available in time." in html
    assert "0 of 2" in html
    assert html.count("<svg") == len(FIGURES) - 1


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (World.random(12, 20, request={"feedback": "explicit"}), "Not available: explicit feedback has no sampled"),
        (World(3, 4, [(user, user, False, 1.0) for user in range(3)]), "Not measured: no interaction was held out."),
    ],
)
def test_without_a_dial_the_reason_stands_in_its_place(tmp_path, world, why):
    html = page(world, tmp_path)
    assert why in html
    assert html.count("<svg") == len(FIGURES) - 1


def test_the_dials_curve_is_labelled_at_its_ends_and_at_the_requests_value(tmp_path):
    html = page(World.random(30, 40, request={"popularity": 0.3}), tmp_path)
    (drawing,) = re.findall(r"<svg[^>]*NDCG@10 against coverage.*?</svg>", html, flags=re.DOTALL)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawing)
    assert [text for text in texts if text in ("0", "0.3", "1")][-3:] == ["0", "0.3", "1"]
    assert re.findall(r'<text style="font-weight: 700;[^>]*>(.*?)</text>', drawing) == ["0.3"]
    assert "chosen: 0.3" in html


def test_every_metric_stands_beside_most_populars_and_the_difference_with_its_interval(html):
    cells = numbers_of(html, "How well it ranks")
    labels = ["NDCG@10", "Recall@20", "Hit rate@10", "MRR@10", "Coverage@10", "Novelty@10", "Popular share@10"]
    assert list(cells) == labels
    for label, (model, popular, difference) in cells.items():
        for cell in (model, popular, difference):
            assert ("<small>" in cell) == (label != "Coverage@10"), label
        assert difference[0] in "+−"


@pytest.mark.parametrize(
    ("measured", "whose"),
    [(True, "the lists of its measured model, as little trained as this one"), (False, "the lists as its readers get")],
)
def test_the_champion_is_compared_with_the_model_with_what_it_was_measured_on(tmp_path, measured, whose):
    champion = {"version": VERSION, "latest_time": None, "hold_out": "latest", "fault": None, "measured": measured}
    html = page(replace(World.random(12, 20), champion=champion), tmp_path, with_champion(0.25, 0.2))
    cells = numbers_of(html, "Compared with the champion")
    assert cells["NDCG@10"] == [
        "0.2500<small>0.2375 – 0.2875</small>",
        "0.2000<small>0.1875 – 0.2375</small>",
        "+0.0500<small>+0.0375 – +0.0875</small>",
    ]
    assert cells["Hit rate@10"][2] == "+5.0 pp<small>+3.7 – +8.8</small>"
    assert cells["Hit rate@10"][0] == "25.0%<small>23.8 – 28.7</small>"
    text = " ".join(Outline(html).text.split())
    for words in (
        "82 held-out interactions of 41 users",
        "16 November 2025, 03:00 UTC",
        VERSION,
        "1.25× the champion’s",
        whose,
    ):
        assert words in text


def test_without_a_comparison_the_reason_stands_there(tmp_path):
    text = " ".join(Outline(page(World.random(12, 20), tmp_path)).text.split())
    assert "Not comparable: nothing is published yet." in text


def test_rules_are_reported_with_what_they_do_to_the_metrics(tmp_path):
    world = World.random(6, 6, hidden=frozenset({1, 4}))
    run = read_run(world.write(tmp_path))
    found = report_warnings(run, document(Evaluation(beside(0.2, 0.1), UNPUBLISHED, head_items=9)))
    assert found[0].startswith(
        "The rules exclude 2 of 6 items from all lists: both rankings that the metrics compare leave them out"
    )


@pytest.mark.parametrize("most", [0, 1, 2, 9, 511, 512, 10_000, 3_000_000])
def test_popularity_groups_are_few_and_hold_everything(most):
    groups = popularity_groups(most)
    assert 2 <= len(groups.labels) <= 10
    assert groups.of(np.array([0, 1, most])).tolist() == [0, 1, int(np.digitize(most, groups.lowest)) - 1]
    assert groups.lowest[-1] <= max(most, 1)
