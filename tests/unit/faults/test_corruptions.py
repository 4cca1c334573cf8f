"""The short version of ``python -m faults.corruptions``: every kind of damage a few times."""

import pytest

from faults import corrupted_models, corruptions
from faults.small_run import SmallRun, small_run
from faults.tally import Tally
from lambdas.loading.vector_proofs import RowProofs
from lambdas.publishing import publish_checks

TIMES = 2
KINDS = {kind.name: kind for kind in corruptions.kinds()}


@pytest.fixture(scope="module")
def whole() -> SmallRun:
    return small_run()


def test_no_damage_that_is_promised_to_be_caught_is_published(whole: SmallRun) -> None:
    tallies = [corruptions.trials(kind, TIMES, whole) for kind in KINDS.values()]
    assert len(tallies) > 70
    assert [tally.untold for tally in tallies if tally.untold] == []
    assert [tally.row() for tally in tallies if tally.lost] == []
    assert sum(tally.counts["caught"] for tally in tallies) > 0.9 * TIMES * len(tallies)


def test_sound_models_pass_and_spoiled_ones_do_not() -> None:
    tallies = list(corrupted_models.trials(TIMES, ("tastes",)))
    assert [tally.row() for tally in tallies if tally.lost or tally.counts["wrong"] > 1] == []


@pytest.mark.parametrize(
    ("check", "kind"),
    [
        ((RowProofs, "require"), "answers: one wrong label"),
        ((RowProofs, "require"), "answers: rows shuffled between the probes"),
        ((publish_checks, "require_unchanged_files"), "default_lists.json: damaged before publishing"),
        ((publish_checks, "require_archives"), "archive: another part's"),
    ],
)
def test_without_its_check_damage_is_not_always_caught(
    whole: SmallRun, check: tuple[object, str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the counts measure the checks, and each of them is needed."""
    monkeypatch.setattr(*check, lambda *_: None)
    tally = corruptions.trials(KINDS[kind], 12, whole)
    assert tally.counts["caught"] < 12


def test_the_same_trials_each_time(whole: SmallRun) -> None:
    kind = KINDS["answers: one bit flipped"]
    assert corruptions.trials(kind, 8, whole).counts == corruptions.trials(kind, 8, whole).counts


def test_lists_that_differ_are_not_harmless() -> None:
    kind = corruptions.Kind("none", before=lambda run, _: run.find_neighbours(run.item_rows, [*range(48)]))
    assert corruptions.trials(kind, 1, small_run()).counts == {"harmless": 1}
    tally = Tally("anything", promised=True)
    tally.counts["wrong"] += 1
    assert tally.lost
