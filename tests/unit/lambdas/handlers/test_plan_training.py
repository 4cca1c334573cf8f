from datetime import UTC, datetime
from typing import Any

import pytest

from contract.refusal import InputRefused, RequestRefused
from contract.run_layout import RunLayout
from lambdas.handlers import plan_training
from lambdas.job_status import JobNotCompleted
from lambdas.planning import training_plan
from lambdas.s3_json import MissingDocument
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import SUMMARY, changed, plan, run_id

RUN = RunLayout("bucket", run_id(23))


def request(**fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = plan(23, **fields)["request"]
    return values


def test_the_state_s_result_comes_from_the_run_s_documents(aws: Aws) -> None:
    layout = RunLayout(aws.bucket, run_id(23))
    aws.put_json(layout.plan, plan(23, factors=8))
    aws.put_json(layout.summary, SUMMARY)
    found = plan_training.handler({"run_id": run_id(23), "status": "Completed"}, None)
    assert set(found) == {
        "hyperparameters",
        "expected_seconds",
        "channels",
        "refit",
        "refit_channels",
        "knn_hyperparameters",
    }
    assert [set(training) for training in found["expected_seconds"]] == [{"least", "most"}] * 2
    assert found["knn_hyperparameters"] == {
        "feature_dim": "15",
        "k": "40",
        "sample_size": "40",
        "predictor_type": "classifier",
        "index_type": "faiss.Flat",
        "index_metric": "INNER_PRODUCT",
    }
    assert [channel["ChannelName"] for channel in found["channels"]] == ["train", "test"]
    assert found["refit"] is True
    assert [channel["ChannelName"] for channel in found["refit_channels"]] == ["train"]


@pytest.mark.parametrize("status", ["Stopped", "Failed", "Stopping", ""])
def test_a_job_that_did_not_complete_ends_the_run(aws: Aws, status: str) -> None:
    with pytest.raises(JobNotCompleted, match=f"the prepare job ended {status}, not Completed"):
        plan_training.handler({"run_id": run_id(23), "status": status}, None)


def test_a_summary_that_is_not_there_is_reported_by_its_address(aws: Aws) -> None:
    aws.put_json(RunLayout(aws.bucket, run_id(23)).plan, plan(23))
    with pytest.raises(MissingDocument, match=f"s3://{aws.bucket}/runs/{run_id(23)}/summary.json is missing"):
        plan_training.handler({"run_id": run_id(23), "status": "Completed"}, None)


def test_refused_data_ends_the_run_with_every_reason_and_where_the_rows_lie() -> None:
    rows = {"read": 100, "rejected": 3, "duplicates": 0, "interactions": 97}
    summary = {"status": "refused", "reasons": ["3 of 100 rows are refused", "one user only"], "rows": rows}
    with pytest.raises(InputRefused) as refusal:
        training_plan.usable(RUN, plan(23), summary)
    assert str(refusal.value) == (
        "InputRefused: 3 of 100 rows are refused; one user only; "
        f"the rejected rows are under runs/{run_id(23)}/rejected/"
    )


@pytest.mark.parametrize(
    ("rejected", "reason", "times"),
    [(0, "one user only", 0), (3, "one user only", 1), (3, f"too many, all under runs/{run_id(23)}/rejected/", 1)],
)
def test_where_rejected_rows_lie_is_reported_once_and_only_if_there_are_any(
    rejected: int, reason: str, times: int
) -> None:
    summary = {"status": "refused", "reasons": [reason], "rows": {"rejected": rejected}}
    with pytest.raises(InputRefused) as refusal:
        training_plan.usable(RUN, plan(23), summary)
    assert str(refusal.value).count("rejected/") == times


def test_the_recipe_is_laid_under_the_request_and_everything_is_text() -> None:
    found = training_plan.hyperparameters(
        request(factors=16, epochs=7, hyperparameters={"factors_lr": 0.05, "eps": "1e-8"}), SUMMARY
    )
    assert found["factors_lr"] == "0.05"
    assert found["linear_lr"] == "0.003"
    assert found["eps"] == "1e-8"
    assert (found["num_factors"], found["epochs"], found["feature_dim"]) == ("16", "7", "46")
    assert found["predictor_type"] == "binary_classifier"
    assert all(isinstance(value, str) for value in found.values())


def test_without_epochs_the_recipe_s_number_is_taken() -> None:
    assert training_plan.hyperparameters(request(feedback="explicit"), SUMMARY)["epochs"] == "20"
    assert training_plan.hyperparameters(request(feedback="explicit"), SUMMARY)["predictor_type"] == "regressor"


def test_the_recipe_s_sigma_gives_way_to_another_distribution() -> None:
    given = {"factors_init_method": "uniform", "factors_init_scale": 0.1}
    found = training_plan.hyperparameters(request(hyperparameters=given), SUMMARY)
    assert "factors_init_sigma" not in found
    assert "factors_init_sigma" in training_plan.hyperparameters(request(), SUMMARY)


def test_the_recipe_s_batch_shrinks_to_small_data_and_a_given_one_is_refused() -> None:
    tiny = changed(SUMMARY, training={"pairs": 30, "examples": 600, "files": 2})
    assert training_plan.hyperparameters(request(), SUMMARY)["mini_batch_size"] == "1000"
    assert training_plan.hyperparameters(request(), tiny)["mini_batch_size"] == "600"
    assert training_plan.hyperparameters(request(training_instance_count=2), tiny)["mini_batch_size"] == "300"
    fitting = request(hyperparameters={"mini_batch_size": 600})
    assert training_plan.hyperparameters(fitting, tiny)["mini_batch_size"] == "600"
    with pytest.raises(RequestRefused, match="mini_batch_size must be at most the 600 examples of a host, got 601"):
        training_plan.hyperparameters(request(hyperparameters={"mini_batch_size": 601}), tiny)


def test_what_does_not_fit_the_recipe_is_refused_with_every_fault() -> None:
    values = request()
    values["hyperparameters"] = {"factors_lr": -1, "wings": 2}
    with pytest.raises(RequestRefused) as refusal:
        training_plan.hyperparameters(values, SUMMARY)
    assert "factors_lr must be at least 0" in str(refusal.value)
    assert "wings is not a hyperparameter" in str(refusal.value)


def test_the_batch_fits_into_the_smaller_of_both_trainings() -> None:
    """With the held-out interactions a user may have seen everything, and then adds no negatives."""
    fewer = changed(SUMMARY, refit={"pairs": 60, "examples": 240, "files": 2})
    assert training_plan.hyperparameters(request(), fewer)["mini_batch_size"] == "240"
    with pytest.raises(RequestRefused, match="mini_batch_size must be at most the 240 examples of a host, got 241"):
        training_plan.hyperparameters(request(hyperparameters={"mini_batch_size": 241}), fewer)


def test_without_files_of_everything_there_is_no_second_training() -> None:
    once = changed(SUMMARY, refit={"pairs": 0, "examples": 0, "files": 0})
    assert training_plan.refit_channels(RUN, request(), once) == []
    assert training_plan.hyperparameters(request(), once)["mini_batch_size"] == "1000"


def test_the_second_training_has_the_files_of_everything_in_the_first_ones_channel() -> None:
    (train,) = training_plan.refit_channels(RUN, request(training_instance_count=2), SUMMARY)
    first, _ = training_plan.channels(RUN, request(training_instance_count=2), SUMMARY)
    source = train["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == f"s3://bucket/scratch/{run_id(23)}/prepared/refit/"
    first["DataSource"]["S3DataSource"]["S3Uri"] = source["S3Uri"]
    assert train == first


def test_nobody_held_out_leaves_no_test_channel() -> None:
    nobody = changed(SUMMARY, test={"examples": 0, "files": 0})
    (train,) = training_plan.channels(RUN, request(), nobody)
    source = train["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == f"s3://bucket/scratch/{run_id(23)}/prepared/train/"
    assert train["ContentType"] == "application/x-recordio-protobuf"
    assert source["S3DataDistributionType"] == "FullyReplicated"


def test_several_hosts_share_the_files_and_each_must_get_one() -> None:
    train, test = training_plan.channels(RUN, request(training_instance_count=2), SUMMARY)
    assert train["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "ShardedByS3Key"
    assert test["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "FullyReplicated"
    with pytest.raises(RequestRefused, match=r"at most the number of training files \(2\), got 3"):
        training_plan.channels(RUN, request(training_instance_count=3), SUMMARY)


@pytest.mark.parametrize(
    ("items", "fields", "k"),
    [
        (9066, {"top_x": 100}, 112),
        (9066, {"top_x": 100, "exclude_seen": False}, 100),
        (50, {"top_x": 100}, 50),
        (5000, {"top_x": 500}, 512),
    ],
)
def test_k_covers_the_list_and_what_most_users_have_seen(items: int, fields: dict[str, Any], k: int) -> None:
    found = training_plan.knn_hyperparameters(request(**fields), changed(SUMMARY, servable=items))
    assert (found["k"], found["sample_size"]) == (str(k), str(items))


def test_a_catalogue_beyond_float32_s_whole_numbers_is_refused() -> None:
    training_plan.usable(RUN, plan(23), changed(SUMMARY, items=2**24))
    with pytest.raises(InputRefused, match="16777217 items are more than k-NN can label"):
        training_plan.usable(RUN, plan(23), changed(SUMMARY, items=2**24 + 1))


def test_ids_that_the_loader_cannot_hold_are_refused() -> None:
    most = training_plan.MOST_ID_BYTES
    training_plan.usable(RUN, plan(23), changed(SUMMARY, item_id_bytes=most))
    with pytest.raises(InputRefused, match=f"have {most + 1} bytes together, .* at most {most}; use shorter ids"):
        training_plan.usable(RUN, plan(23), changed(SUMMARY, item_id_bytes=most + 1))


def test_lists_too_large_for_an_item_are_refused_with_a_top_x_that_fits() -> None:
    long = changed(SUMMARY, items=9000, longest_id_bytes={"user": 20, "item": 2000})
    with pytest.raises(InputRefused, match="set top_x to at most 187") as refusal:
        training_plan.usable(RUN, plan(23, top_x=188), long)
    assert "the longest item id has 2000 bytes" in str(refusal.value)
    training_plan.usable(RUN, plan(23, top_x=187), long)
    # A small catalogue cannot fill such a long list.
    training_plan.usable(RUN, plan(23, top_x=500), changed(long, items=187))


def test_ids_that_no_list_can_hold_ask_for_shorter_ones() -> None:
    hopeless = changed(SUMMARY, longest_id_bytes={"user": 2044, "item": 500_000})
    with pytest.raises(InputRefused) as refusal:
        training_plan.usable(RUN, plan(23), hopeless)
    assert "the longest user id has 2044 bytes, and a key of the table at most 2043" in str(refusal.value)
    assert "top_x to at most" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "sizes", "width"),
    [
        ({}, (6, 40), 64 + 1 + 6),  # no more singular vectors than users
        ({"history_rank": 3}, (6, 40), 64 + 1 + 3),
        ({"history_rank": 0, "factors": 8}, (6, 40), 8 + 1),
        ({"feedback": "explicit", "history_rank": 3}, (6, 40), 64 + 1),
        ({}, (10**6, 100_000), 64 + 1 + 128),
        ({"history_rank": 1024}, (10**6, 100_000), 64 + 1 + 1024),
        ({}, (10**7, 10**6), 64 + 1 + 64),
    ],
)
def test_the_rows_of_k_nn_are_as_wide_as_extract_makes_them(
    given: dict[str, Any], sizes: tuple[int, int], width: int
) -> None:
    summary = changed(SUMMARY, users=sizes[0], items=sizes[1], servable=sizes[1])
    assert training_plan.knn_hyperparameters(request(**given), summary)["feature_dim"] == str(width)


def test_data_that_is_too_old_on_the_day_of_the_run_ends_it() -> None:
    ended = SUMMARY["latest_time"]
    assert ended is not None
    days = int((datetime(2026, 11, 23, 3, tzinfo=UTC).timestamp() - ended) / 86_400)
    assert training_plan.usable(RUN, plan(23, newest_within_days=days + 1), SUMMARY) == SUMMARY
    with pytest.raises(InputRefused, match=f"more than newest_within_days {days} before the run's start"):
        training_plan.usable(RUN, plan(23, newest_within_days=days), SUMMARY)


LARGE = changed(
    SUMMARY,
    feature_dim=1_050_000,
    training={"pairs": 1, "examples": 10**8, "files": 64},
    refit={"pairs": 0, "examples": 0, "files": 0},
)


def test_large_data_gets_a_larger_batch_and_less_decay_a_batch() -> None:
    found = training_plan.hyperparameters(request(epochs=8), LARGE)
    assert (found["mini_batch_size"], float(found["factors_wd"])) == ("4000", pytest.approx(0.00003 / 4))


def test_an_operators_own_batch_keeps_the_recipes_decay() -> None:
    found = training_plan.hyperparameters(request(epochs=8, hyperparameters={"mini_batch_size": 1_000}), LARGE)
    assert (found["mini_batch_size"], found["factors_wd"]) == ("1000", "0.00003")


def test_an_instance_of_the_operators_is_taken_to_be_fast_enough() -> None:
    asked = request(epochs=1_000)
    values = training_plan.hyperparameters(asked, LARGE)
    with pytest.raises(RequestRefused, match="or name a training_instance_type"):
        training_plan.expected_seconds(asked, LARGE, values)
    own = request(epochs=1_000, training_instance_type="ml.c7i.48xlarge")
    (found,) = training_plan.expected_seconds(own, LARGE, values)
    assert found["least"] > 82_800
