from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import quality_gate
from contract.measured_documents import ComparedWithChampion, Metrics
from contract.refusal import QualityRefused, refusal_in
from tests.unit.contract import made_metrics
from tests.unit.contract.made_metrics import NOBODY

VERSION = "20261116t030000120-a9711f"
SHARES = st.floats(0, 1)
FOUND = st.floats(0, 1, exclude_min=True)
FACTORS = st.floats(0, 100)


def metrics(model: float, popular: float, **others: Any) -> Metrics:
    return made_metrics.metrics({"ndcg@10": model}, {"ndcg@10": popular}, **others)


def beside(model: float, champion: float, most: float | None = 0.0) -> Metrics:
    """A good model compared with most-popular and with a champion, of which it has at ``most`` that share."""
    compared: ComparedWithChampion = {
        "version": VERSION,
        "comparable": True,
        "reason": None,
        "later_than": 1_763_262_000.0,
        "model": {"ndcg@10": model},
        "champion": {"ndcg@10": champion},
        "difference": {"ndcg@10": model - champion},
        "intervals": {},
        "users": 41,
        "held_out": 99,
        "ratio": {
            "value": model / champion if champion else None,
            "interval": (0.0, most) if champion else None,
        },
    }
    return metrics(0.2, 0.1, champion=compared)


@given(FOUND, SHARES, FACTORS)
def test_the_gate_is_a_multiple_of_most_popular(model: float, popular: float, gate: float) -> None:
    verdict = quality_gate.check(metrics(model, popular), gate)
    assert verdict.passed == (model >= gate * popular)
    assert verdict.cause.startswith("QualityRefused: ") == (not verdict.passed)
    for words in (f"{model:.4f}", f"{popular:.4f}", f"gate.baseline wants {gate:g} times"):
        assert words in verdict.cause
    assert quality_gate.check(metrics(model, popular), {"baseline": gate}) == verdict


@given(SHARES, SHARES, FACTORS)
def test_the_gate_is_also_a_multiple_of_the_champions_on_the_pairs_of_both(
    model: float, champion: float, gate: float
) -> None:
    verdict = quality_gate.check(beside(model, champion), {"champion": gate})
    assert verdict.passed == (model >= gate * champion)
    assert len(verdict.broken) == (not verdict.passed)
    for words in (f"{model:.4f}", f"{champion:.4f}", f"gate.champion wants {gate:g} times", VERSION, "41 users"):
        assert words in verdict.cause
    assert "gate.baseline wants 1 times that, 0.1000, which is reached" in verdict.cause


def test_without_a_word_the_champion_is_asked_for_95_hundredths() -> None:
    assert quality_gate.check(beside(0.0951, 0.1), 1.0).passed
    verdict = quality_gate.check(beside(0.0949, 0.1), 1.0)
    assert not verdict.passed
    assert "gate.champion wants 0.95 times that, 0.0950, which is not reached" in verdict.cause


def test_a_champion_that_is_missed_by_no_more_than_chance_stops_nothing() -> None:
    asked = "NDCG@10 is 0.0900, the champion's (version {}) 0.1000 (41 users with interactions later than its data); "
    asked = asked.format(VERSION) + "gate.champion wants 0.95 times that, 0.0950, which is not reached, "
    for most, passed, reported in (
        (0.9499, False, "and that is more than chance: the model has 0.00 to 0.95 of it (95 %)"),
        (0.95, True, "but that may be chance: the model has 0.00 to 0.95 of it (95 %)"),
        (None, True, "but that may be chance: the model has 0.00 or more of it (95 %)"),
    ):
        verdict = quality_gate.check(beside(0.09, 0.1, most), {})
        assert verdict.passed == passed
        assert asked + reported in verdict.cause


def test_most_popular_that_is_missed_by_no_more_than_chance_stops_nothing_either() -> None:
    for most, passed, reported in (
        (0.9999, False, "and that is more than chance: the model has 0.50 to 1.00 of it (95 %)"),
        (1.0, True, "but that may be chance: the model has 0.50 to 1.00 of it (95 %)"),
        (None, True, "but that may be chance: the model has 0.50 or more of it (95 %)"),
    ):
        verdict = quality_gate.check(metrics(0.08, 0.1, ratio={"value": 0.8, "interval": [0.5, most]}), {})
        assert verdict.passed == passed
        assert f"gate.baseline wants 1 times that, 0.1000, which is not reached, {reported}" in verdict.cause


@pytest.mark.parametrize("gate", [{}, 0, {"baseline": 0, "champion": 0}, 1])
@pytest.mark.parametrize(("model", "popular"), [(0.0, 0.1), (0.0, 0.0), (float("nan"), 0.1)])
def test_a_model_that_finds_nothing_is_stopped_whatever_the_factors(gate: Any, model: float, popular: float) -> None:
    lucky = {"ratio": {"value": None, "interval": [0.0, None]}}
    verdict = quality_gate.check(metrics(model, popular, **lucky), gate)
    assert not verdict.passed
    assert verdict.rules[0] == "zero"
    assert verdict.broken[0].startswith(f"the model's NDCG@10 is {model:g}: ")
    assert 'set "gate": "off"' in verdict.cause
    assert "lower the gate" not in verdict.cause
    assert quality_gate.check(metrics(model, popular, **lucky), "off").passed


def test_two_broken_rules_are_both_reported_and_first() -> None:
    found = beside(0.01, 0.1) | {"model": {"ndcg@10": 0.05}}
    verdict = quality_gate.check(found, {})
    assert [sentence.split("; ")[1].split()[0] for sentence in verdict.broken] == ["gate.baseline", "gate.champion"]
    assert verdict.cause.startswith(f"QualityRefused: {'; '.join(verdict.broken)}: ")


def test_a_champion_that_cannot_be_compared_stops_nothing_and_is_reported() -> None:
    champion = {"version": VERSION, "comparable": False, "reason": "its lists are gone"}
    verdict = quality_gate.check(metrics(0.2, 0.1, champion=champion), {"champion": 100})
    assert verdict.passed
    assert "no comparison with the champion: its lists are gone" in verdict.cause


def test_a_model_on_the_gate_passes() -> None:
    assert quality_gate.check(metrics(0.25, 0.125), 2).passed
    assert quality_gate.check(beside(0.25, 0.125), {"champion": 2}).passed


def test_a_refusal_is_recognised_in_the_failed_state_and_names_the_fix() -> None:
    cause = quality_gate.check(metrics(0.08, 0.1), 1.0).cause
    assert refusal_in(cause) is QualityRefused
    assert 'set "gate": "off"' in cause


def test_an_open_gate_says_that_it_was_open_whatever_the_numbers() -> None:
    verdict = quality_gate.check(metrics(0, 1), "off")
    assert verdict.passed
    assert verdict.cause.startswith("the gate is off: NDCG@10 is 0.0000, most-popular's 1.0000")
    verdict = quality_gate.check(beside(0, 1), "off")
    assert verdict.passed
    assert f"the champion's (version {VERSION}) 1.0000" in verdict.cause


def test_nobody_held_out_is_no_pass_unless_the_gate_is_off() -> None:
    shut = quality_gate.check(NOBODY, 0)
    assert not shut.passed
    assert shut.cause.startswith("QualityRefused: no interactions are held out")
    assert 'set "gate": "off"' in shut.cause
    assert quality_gate.check(NOBODY, "off") == quality_gate.Verdict(
        True, "the gate is off, and no interactions are held out, so the model cannot be compared with most-popular"
    )


@pytest.mark.parametrize("gate", [0, 100, 1.5, "off", {}, {"baseline": 0}, {"champion": 2.5, "baseline": 1}])
def test_what_the_field_takes_has_no_fault(gate: Any) -> None:
    assert quality_gate.fault(gate) is None
