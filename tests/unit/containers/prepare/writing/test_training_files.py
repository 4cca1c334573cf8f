"""The input of factorization machines: positives, negatives, values, in shuffled files."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from contract import run_plan
from tests.unit.containers.prepare.job import COLUMNS, Files, csv_text, random_interactions, run_prepare

VALUED = {**COLUMNS, "value": "value"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return random_interactions(3, users=80, items=60, rows=2000)


@pytest.fixture(scope="module")
def done(tmp_path_factory, frame):
    return run_prepare(tmp_path_factory.mktemp("implicit"), {"a.csv": csv_text(frame)})


@pytest.fixture(scope="module")
def explicit(tmp_path_factory, frame):
    request = {"feedback": "explicit"}
    return run_prepare(tmp_path_factory.mktemp("explicit"), {"a.csv": csv_text(frame)}, request=request, dataset=VALUED)


def pair_set(frame: pd.DataFrame) -> set[tuple[int, int]]:
    return set(zip(frame.user_index.tolist(), frame.item_index.tolist(), strict=True))


def test_sagemakers_own_reader_sees_two_ones_and_a_label_in_each_record(done):
    dimension = done.summary["feature_dim"]
    ours = done.examples("test")
    records = done.sagemaker_records("test")
    assert len(records) == len(ours) == done.summary["test"]["examples"]
    for record, (user, item, label) in zip(
        records, ours[["user_index", "item_index", "label"]].itertuples(index=False), strict=True
    ):
        tensor = record.features["values"].float32_tensor
        assert list(tensor.keys) == [user, done.summary["users"] + item]
        assert list(tensor.values) == [1.0, 1.0]
        assert list(tensor.shape) == [dimension]
        assert list(record.label["values"].float32_tensor.values) == [label]


def test_every_training_pair_is_a_positive_in_each_pass(done):
    examples, pairs = done.examples("train"), done.index("pairs")
    positives = examples[examples.label == 1].groupby(["user_index", "item_index"]).size()
    assert set(positives.index) == pair_set(pairs[~pairs.held_out])
    assert (positives == 4).all()


def test_no_held_out_pair_is_a_training_positive(done):
    examples, pairs = done.examples("train"), done.index("pairs")
    assert not pair_set(examples[examples.label == 1]) & pair_set(pairs[pairs.held_out])


def test_each_positive_brings_four_negatives_that_the_user_has_not_seen_in_training(done):
    examples, pairs = done.examples("train"), done.index("pairs")
    negatives = examples[examples.label == 0]
    assert not pair_set(negatives) & pair_set(pairs[~pairs.held_out])
    per_user = negatives.groupby("user_index").size()
    expected = pairs[~pairs.held_out].groupby("user_index").size() * 16
    assert per_user.equals(expected)
    assert set(examples.label.unique()) == {0.0, 1.0}
    assert done.summary["training"]["examples"] == len(examples) == 20 * done.summary["training"]["pairs"]


def test_held_out_pairs_can_be_training_negatives_because_a_model_must_not_know_them(done):
    examples, pairs = done.examples("train"), done.index("pairs")
    assert pair_set(examples[examples.label == 0]) & pair_set(pairs[pairs.held_out])


def test_the_test_channel_has_the_held_out_pairs_and_negatives_that_the_user_has_never_seen(done):
    examples, pairs = done.examples("test"), done.index("pairs")
    positives, negatives = examples[examples.label == 1], examples[examples.label == 0]
    assert len(positives) == pairs.held_out.sum()
    assert pair_set(positives) == pair_set(pairs[pairs.held_out])
    assert not pair_set(negatives) & pair_set(pairs)
    assert len(negatives) == 4 * len(positives)


def test_each_pass_draws_its_own_negatives(done):
    """If all four passes had the same samples, every negative would occur four times."""
    examples = done.examples("train")
    repeats = examples[examples.label == 0].groupby(["user_index", "item_index"]).size()
    assert (repeats % 4 != 0).mean() > 0.5


def test_rows_are_shuffled_over_at_least_two_files_of_equal_size(done):
    examples = done.examples("train")
    sizes = examples.groupby("file").size()
    assert len(sizes) == done.summary["training"]["files"] == 2
    assert sizes.max() - sizes.min() <= 1
    expected = 1 / 5
    for _, shard in examples.groupby("file"):
        head = (shard.label[: len(shard) // 10] == 1).mean()
        assert head == pytest.approx(expected, abs=0.05)
    # Adjacent rows are of the same user no more often than two random ones.
    users = examples.user_index.to_numpy()
    chance = float((np.bincount(users) / len(users)) @ (np.bincount(users) / len(users)))
    assert (users[1:] == users[:-1]).mean() == pytest.approx(chance, rel=0.1)
    assert abs(np.corrcoef(np.arange(len(users)), users)[0, 1]) < 0.02


def test_the_same_input_and_seed_give_the_same_bytes_and_another_seed_does_not(tmp_path, frame, done):
    again = run_prepare(tmp_path, {"a.csv": csv_text(frame)})
    other = run_prepare(tmp_path, {"a.csv": csv_text(frame)}, request={"seed": 1})
    assert again.written == done.written == other.written
    for name in done.written:
        first, second = (run.output.parent / name for run in (done, again))
        assert first.read_bytes() == second.read_bytes(), name
    train = "prepared/train/part-00000.pbr"
    assert (done.output.parent / train).read_bytes() != (other.output.parent / train).read_bytes()


def test_explicit_feedback_trains_on_each_value_once(explicit, frame):
    latest = frame.sort_values(["time", "value"]).drop_duplicates(["user", "item"], keep="last")
    expected = {(user, item): value for user, item, value in latest[["user", "item", "value"]].itertuples(index=False)}
    users, items, pairs = explicit.index("users").user, explicit.index("items").item, explicit.index("pairs")
    for channel, held_out in (("train", False), ("test", True)):
        examples = explicit.examples(channel)
        wanted = pairs[pairs.held_out == held_out]
        assert len(examples) == len(wanted)
        assert pair_set(examples) == pair_set(wanted)
        for user, item, label in examples[["user_index", "item_index", "label"]].itertuples(index=False):
            assert label == expected[users[user], items[item]]
    assert explicit.summary["training"]["files"] == 2


def test_nobody_held_out_leaves_no_test_files(tmp_path):
    done = run_prepare(tmp_path, {"a.csv": "user,item,time\nu1,i1,1\nu2,i2,1\nu2,i1,1\n"})
    assert {"users": 0, "pairs": 0}.items() <= done.summary["held_out"].items()
    assert done.summary["test"] == {"examples": 0, "files": 0}
    assert not [name for name in done.written if "/test" in name or "/refit" in name]
    assert done.summary["refit"] == {"pairs": 0, "examples": 0, "files": 0}
    # u2 has seen both items, so only u1's single pair adds negatives.
    assert done.summary["training"] == {"pairs": 3, "examples": 4 * (3 + 4), "files": 2}


def test_the_second_trainings_positives_are_all_pairs_and_its_negatives_none_of_them(done):
    """Decoded by SageMaker's own reader."""
    users, pairs = done.summary["users"], done.index("pairs")
    found: dict[float, list[tuple[int, int]]] = {0.0: [], 1.0: []}
    for record in done.sagemaker_records("refit"):
        user, item = record.features["values"].float32_tensor.keys
        (label,) = record.label["values"].float32_tensor.values
        found[label].append((user, item - users))
    assert pairs.held_out.any()
    assert Counter(found[1.0]) == Counter(dict.fromkeys(pair_set(pairs), 4))
    assert not set(found[0.0]) & pair_set(pairs)
    assert Counter(user for user, _ in found[0.0]) == Counter((pairs.groupby("user_index").size() * 16).to_dict())
    examples = len(found[0.0]) + len(found[1.0])
    assert done.summary["refit"] == {"pairs": len(pairs), "examples": examples, "files": 2}


def test_an_item_that_is_all_held_out_is_drawn_for_others_only_once_nothing_is(tmp_path):
    """No user's training pairs have the item, so it is not sampled; with everything included, it is."""
    rows = [(f"u{user}", f"i{(user + step) % 9}", step) for user in range(8) for step in range(5)]
    rows += [("u0", "late", 99), ("u1", "late", 99)]
    done = run_prepare(tmp_path, {"a.csv": csv_text(pd.DataFrame(rows, columns=["user", "item", "time"]))})
    (late,) = done.index("items").query("item == 'late'").item_index
    drawn = {name: done.examples(name).query("label == 0").item_index.eq(late).any() for name in ("train", "refit")}
    assert drawn == {"train": False, "refit": True}


def test_explicit_feedback_trains_again_on_each_value_once(explicit):
    examples, pairs = explicit.examples("refit"), explicit.index("pairs")
    assert pair_set(examples) == pair_set(pairs)
    assert explicit.summary["refit"] == {"pairs": len(pairs), "examples": len(pairs), "files": 2}
    assert len(examples) == len(pairs)


def test_without_a_second_training_its_files_are_not_written_and_the_others_are_the_same(tmp_path, frame, done):
    once = run_prepare(tmp_path, {"a.csv": csv_text(frame)}, request={"refit": False})
    assert once.summary["refit"] == {"pairs": 0, "examples": 0, "files": 0}
    assert set(done.written) - set(once.written) == {f"prepared/refit/part-{n:05d}.pbr" for n in range(2)}
    for name in once.written:
        if not name.endswith("summary.json"):
            assert (once.output.parent / name).read_bytes() == (done.output.parent / name).read_bytes(), name


@pytest.mark.parametrize(("least_share", "twice"), [(0.01, True), (0.5, False)])
def test_by_default_the_share_held_out_decides_on_a_second_training(
    least_share: float, twice: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_plan, "REFIT_FROM", least_share)
    files: Files = {"a.csv": csv_text(random_interactions(3, 20, 12, 300))}
    summary = run_prepare(tmp_path, files, request={"refit": None}).summary
    assert summary["held_out"]["pairs"]
    assert bool(summary["refit"]["files"]) == twice


@pytest.mark.parametrize("passes", [1, 4])
def test_many_pairs_have_fewer_passes(passes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_plan, "NEGATIVE_PASSES", ((10.0**9, passes),))
    files: Files = {"a.csv": csv_text(random_interactions(3, 20, 30, 300))}
    done = run_prepare(tmp_path, files, request={"refit": False})
    assert done.examples("train").label.sum() == passes * done.summary["training"]["pairs"]
