import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_contract import fm_hyperparameters
from sagemaker_contract.fm_hyperparameters import HYPERPARAMETERS, faults

COMPLETE = {"feature_dim": "10", "num_factors": "4", "predictor_type": "regressor"}


def test_the_required_ones_are_enough() -> None:
    assert faults(COMPLETE) == []


@given(st.sets(st.sampled_from(fm_hyperparameters.REQUIRED), min_size=1))
def test_every_missing_one_is_reported(missing: set[str]) -> None:
    given_values = {name: value for name, value in COMPLETE.items() if name not in missing}
    assert {fault.split()[0] for fault in faults(given_values)} == missing
    assert faults(given_values, complete=False) == []


def test_sagemaker_s_defaults_are_legal_together() -> None:
    defaults = {name: known.default for name, known in HYPERPARAMETERS.items() if known.default is not None}
    assert faults({**COMPLETE, **defaults}) == []


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "1_000", " 7", "٣", "", "1e3", "nan", True, None, 2.0, "9" * 400])
def test_a_count_is_a_whole_number_from_one(value: object) -> None:
    assert len(faults({"mini_batch_size": value}, complete=False)) == 1


@pytest.mark.parametrize("value", ["-0.1", "nan", "inf", "1e999", "1_0", "", "rate", [1], False])
def test_a_rate_is_a_finite_number_from_zero(value: object) -> None:
    assert len(faults({"factors_lr": value}, complete=False)) == 1


@pytest.mark.parametrize("value", ["0", ".5", "5.", "1e-3", 0.003, 0, "+1"])
def test_every_way_of_writing_a_rate_is_taken(value: object) -> None:
    assert faults({"factors_lr": value}, complete=False) == []


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_a_number_survives_the_wire(value: float) -> None:
    assert float(fm_hyperparameters.wire_value(value)) == value
    assert faults({"factors_lr": value}, complete=False) == []


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"bias_init_scale": "0.1"}, "bias_init_scale is valid only with bias_init_method uniform"),
        ({"linear_init_value": "0"}, "linear_init_value is valid only with linear_init_method constant"),
        ({"factors_init_sigma": "1", "factors_init_method": "uniform"}, "factors_init_sigma is valid only with"),
    ],
)
def test_a_spread_goes_with_its_own_distribution(values: dict[str, str], fault: str) -> None:
    assert [found.startswith(fault) for found in faults(values, complete=False)] == [True]
