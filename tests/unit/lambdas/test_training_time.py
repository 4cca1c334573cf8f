"""Expected training times compared with the logs and measurements that they are derived from."""

import pytest

from contract.refusal import RequestRefused
from lambdas.planning.job_times import TRAINING_SECONDS
from lambdas.planning.training_time import TrainingSize, fit_batch


def size(
    examples: int,
    *,
    feature_dim: int = 2_625,
    epochs: int = 1,
    keys: tuple[int, int] = (2, 2),
    factors: int = 64,
    hosts: int = 1,
    spot: bool = False,
) -> TrainingSize:
    return TrainingSize(examples, keys, feature_dim, factors, epochs, hosts, spot)


def test_the_shorter_estimate_is_the_speed_of_a_log_of_sagemaker() -> None:
    """90,570 records, 50 epochs at 215,000 to 229,000 records a second."""
    assert size(90_570, epochs=50).seconds(1_000)["least"] == pytest.approx(90_570 * 50 / 222_000, rel=0.04)


@pytest.mark.parametrize(("features", "records_a_second"), [(165_000, 23_000), (1_000_000, 4_000)])
def test_the_longer_estimate_is_the_speed_of_mxnet_with_many_features(features: int, records_a_second: int) -> None:
    found = size(10_000_000, feature_dim=features).seconds(1_000)
    assert 10_000_000 / found["most"] == pytest.approx(records_a_second, rel=0.12)
    assert found["least"] == size(10_000_000).seconds(1_000)["least"]


def test_work_is_in_proportion_to_features_factors_and_epochs_and_divided_among_hosts() -> None:
    one = size(215_000_000).seconds(1_000)["least"]
    assert one == 1_000
    assert size(215_000_000, keys=(4, 8), factors=128, epochs=3).seconds(1_000)["least"] == 12 * one
    assert size(215_000_000, hosts=4).seconds(1_000)["least"] == one / 4


def fitted(*sizes: TrainingSize) -> dict[str, str]:
    values = {"mini_batch_size": "1000", "linear_wd": "0.00002", "factors_wd": "0.00003", "factors_lr": "0.003"}
    fit_batch(values, list(sizes))
    return values


def test_data_that_trains_in_time_keeps_the_recipe() -> None:
    assert fitted(size(1_000_000, epochs=8)) == {
        "mini_batch_size": "1000",
        "linear_wd": "0.00002",
        "factors_wd": "0.00003",
        "factors_lr": "0.003",
    }


def test_a_batch_is_as_large_as_the_longer_estimate_of_the_longest_training_needs() -> None:
    million = size(100_000_000, feature_dim=1_050_000, epochs=8)
    values = fitted(size(1_000_000), million)
    assert values["mini_batch_size"] == "4000"
    assert million.seconds(2_000)["most"] > TRAINING_SECONDS >= million.seconds(4_000)["most"]
    assert float(values["factors_wd"]) == pytest.approx(0.00003 / 4)
    assert float(values["linear_wd"]) == pytest.approx(0.00002 / 4)
    assert values["factors_lr"] == "0.003"


def test_where_no_batch_is_enough_the_largest_is_tried_as_the_longer_estimate_may_be_wrong() -> None:
    huge = size(800_000_000, feature_dim=10_000_000, epochs=8)
    assert fitted(huge)["mini_batch_size"] == "16000"
    assert huge.require_time(16_000)["least"] < TRAINING_SECONDS


def test_what_even_the_shorter_estimate_exceeds_is_refused_with_numbers_and_remedy() -> None:
    with pytest.raises(RequestRefused) as refused:
        size(3_000_000_000, epochs=8).require_time(1_000)
    assert "training would take at least 31.0 hours, and a training job may take 23:" in str(refused.value)
    assert "3,000,000,000 examples, 8 epochs, 64 factors" in str(refused.value)
    assert "set epochs to at most 5, or leave out the oldest interactions" in str(refused.value)
    assert size(3_000_000_000, epochs=5).require_time(1_000)["least"] <= TRAINING_SECONDS


def test_what_is_known_of_users_and_items_counts_little_in_the_one_and_much_in_the_other() -> None:
    found, plain = size(215_000_000, keys=(3, 6)).seconds(1_000), size(215_000_000).seconds(1_000)
    assert found["least"] == 1.5 * plain["least"]
    assert found["most"] - plain["most"] == pytest.approx(2 * plain["least"], abs=1)


def test_spare_capacity_has_an_hour_and_the_batch_follows() -> None:
    """Two hours by the longer estimate, a quarter of an hour by the shorter one."""
    million = size(200_000_000, feature_dim=130_000)
    assert fitted(million)["mini_batch_size"] == "1000"
    on_spot = size(200_000_000, feature_dim=130_000, spot=True)
    batch = int(fitted(on_spot)["mini_batch_size"])
    assert on_spot.seconds(batch // 2)["most"] > 3_600 >= on_spot.seconds(batch)["most"]
    with pytest.raises(
        RequestRefused, match=r"one on spare capacity may take 1: .* 1 epoch, .*; set spot to false, or leave out"
    ):
        size(1_000_000_000, spot=True).require_time(1_000)
