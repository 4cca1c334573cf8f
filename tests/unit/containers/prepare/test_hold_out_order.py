"""What is held out follows from time or, where there is none, from a hash, and never from the order of the rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.containers.prepare.job import Prepared, csv_text, random_interactions, run_prepare

UNTIMED = {"user": "user", "item": "item"}
FRAME = random_interactions(11, users=30, items=40, rows=2_000)  # some 30 times, so that ties are the rule


def run(root: Path, frame: pd.DataFrame, *, timed: bool, files: int = 1, seed: int = 0) -> Prepared:
    parts = np.array_split(np.arange(len(frame)), files)
    texts: dict[str, str | bytes] = {f"{n}.csv": csv_text(frame.iloc[part]) for n, part in enumerate(parts)}
    described = UNTIMED | ({"timestamp": "time"} if timed else {})
    return run_prepare(root, texts, dataset=described, request={"seed": seed})


def held_out(found: Prepared) -> set[tuple[int, int]]:
    pairs = found.index("pairs")
    chosen = pairs[pairs.held_out]
    return set(zip(chosen.user_index.tolist(), chosen.item_index.tolist(), strict=True))


@pytest.mark.parametrize("timed", [True, False])
def test_rows_and_files_in_any_order_hold_out_the_same(tmp_path: Path, timed: bool) -> None:
    due = held_out(run(tmp_path, FRAME, timed=timed))
    assert due
    popular = FRAME.groupby("item").user.transform("size")
    for other in (FRAME.sample(frac=1, random_state=1), FRAME.loc[popular.sort_values(kind="stable").index]):
        assert held_out(run(tmp_path, other, timed=timed, files=3)) == due


def test_without_time_it_is_at_random_and_says_so(tmp_path: Path) -> None:
    """As likely among a user's popular items as among the others: sorted rows once made the last ones the rarest."""
    by_popularity = FRAME.assign(plays=FRAME.groupby("item").user.transform("size")).sort_values(
        ["user", "plays"], ascending=[True, False], kind="stable"
    )
    found = run(tmp_path, by_popularity, timed=False)
    assert (found.summary["held_out"]["how"], found.summary["latest_time"]) == ("random", None)
    assert found.summary["held_out"]["why"] == "at random, because the data has no times"
    pairs = found.index("pairs")
    plays = pairs.groupby("item_index").user_index.transform("size")
    spread = plays.std() / np.sqrt(pairs.held_out.sum())
    assert abs(plays[pairs.held_out].mean() - plays[~pairs.held_out].mean()) < 4 * spread
    assert held_out(run(tmp_path, FRAME, timed=False, seed=1)) == held_out(found)


def test_one_time_for_all_is_no_time(tmp_path: Path) -> None:
    found = run(tmp_path, FRAME.assign(time=1_700_000_000), timed=True)
    assert found.summary["held_out"]["why"] == "at random, because all interactions have one time"
    assert found.summary["latest_time"] is None
    assert held_out(found) == held_out(run(tmp_path, FRAME, timed=False))


def test_with_time_the_latest_are_held_out_and_ties_are_told(tmp_path: Path) -> None:
    found = run(tmp_path, FRAME, timed=True)
    assert found.summary["held_out"]["how"] == "latest"
    pairs = found.index("pairs")
    for _, own in pairs.groupby("user_index"):
        assert own[own.held_out].first_time.min() >= own[~own.held_out].first_time.max()
    coarse: Any = FRAME.assign(time=FRAME.time // 15)
    assert any("too coarse" in warning for warning in run(tmp_path, coarse, timed=True).summary["warnings"])
