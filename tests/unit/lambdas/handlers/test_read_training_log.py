from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from contract.refusal import TrainingDiverged
from contract.run_layout import RunLayout
from lambdas.handlers import read_training_log as state
from lambdas.job_status import JobNotCompleted
from lambdas.s3_json import JsonDocuments
from sagemaker_contract.job_logs import log_group
from tests.unit.lambdas.conftest import CREDENTIALS, Aws
from tests.unit.lambdas.runs import run_id

RUN = run_id(23)
JOB = "fm-20261123t030000-a9711f-1"
ASKED = {"epochs": "3", "bias_lr": "0.03", "factors_lr": "0.003"}


def line(epoch: int, loss: object) -> str:
    return f"[INFO 140] #quality_metric: host=algo-1, epoch={epoch}, train cross_entropy <loss>={loss}\n"


FIRST = "[INFO 140] #quality_metric: host=algo-1, epoch=0, batch=0 train cross_entropy <loss>=0.69\n"
THREE = line(0, 0.7) + line(1, 0.5) + line(2, 0.4)


@pytest.fixture
def logs(aws: Aws) -> Iterator[Any]:
    client = boto3.client("logs", endpoint_url=aws.endpoint, region_name=CREDENTIALS["AWS_DEFAULT_REGION"])
    yield client
    group = log_group("Training")
    if client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        client.delete_log_group(logGroupName=group)


def write(logs: Any, stream: str, text: str) -> None:
    group = log_group("Training")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": 1_795_000_000_000, "message": message} for message in text.splitlines()]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def read(aws: Aws, *looks: str, **asked: str) -> tuple[dict[str, Any], list[float]]:
    """The state's results as the log grows to each of ``looks``, and how long it waited before each."""
    left, waits = list(looks), []
    log = lambda: left.pop(0) if len(left) > 1 else left[0]  # noqa: E731
    documents = JsonDocuments(aws.s3, aws.bucket)
    key = RunLayout(aws.bucket, RUN).training
    return state.read_training_log(documents, log, key, JOB, ASKED | asked, wait=waits.append), waits


def written(aws: Aws) -> Any:
    return aws.get_json(RunLayout(aws.bucket, RUN).training)


def test_the_losses_of_the_jobs_own_first_host_are_written(aws: Aws, logs: Any) -> None:
    test = "#quality_metric: host=algo-1, test cross_entropy <loss>=0.45"
    write(logs, f"{JOB}/algo-1-1795000000", FIRST + THREE + test)
    write(logs, f"{JOB}/algo-2-1795000001", line(0, 9) + line(1, 8))
    write(logs, f"{JOB}0/algo-1-1795000002", line(0, 7))
    event = {"run_id": RUN, "document": "training", "job": JOB, "status": "Completed", "hyperparameters": ASKED}
    assert state.handler(event, None) == {"epochs": 3, "complete": True}
    assert written(aws) == {
        "job": JOB,
        "metric": "cross_entropy",
        "asked": 3,
        "complete": True,
        "epochs": [{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.5}, {"epoch": 3, "loss": 0.4}],
        "untrained_loss": 0.69,
        "test_loss": 0.45,
    }


def test_a_log_that_comes_late_is_waited_for(aws: Aws) -> None:
    result, waits = read(aws, "", line(0, 0.7), THREE)
    assert (result, len(waits)) == ({"epochs": 3, "complete": True}, 2)


def test_a_log_that_does_not_come_stops_nothing(aws: Aws, logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result, waits = read(aws, line(0, 0.7))
    assert result == {"epochs": 1, "complete": False}
    assert written(aws)["complete"] is False
    assert 20 <= sum(waits) <= 60
    monkeypatch.setattr(state, "_SECONDS_BETWEEN", 0)
    event = {"run_id": RUN, "document": "training", "job": JOB, "status": "Completed", "hyperparameters": ASKED}
    assert state.handler(event, None) == {"epochs": 0, "complete": False}  # the log group does not even exist
    assert (written(aws)["metric"], written(aws)["epochs"]) == (None, [])


@pytest.mark.parametrize(
    ("losses", "reported"),
    [
        ((0.7, "nan", 0.6), "was 0.69 in the beginning and nan after epoch 2"),
        ((0.7, 0.6, "inf"), "and inf after epoch 3"),
        ((0.7, 0.6, 0.8), "and 0.8 after epoch 3, and must fall"),
        ((9.5, 9.0, 5.7), "was 0.69 in the beginning and 5.7 after epoch 3, and must fall"),
        (("nan", "nan", "nan"), "and nan after epoch 1"),
    ],
)
def test_a_diverged_training_is_refused_and_its_losses_kept(aws: Aws, losses: tuple[Any, ...], reported: str) -> None:
    log = FIRST + "".join(line(epoch, loss) for epoch, loss in enumerate(losses))
    with pytest.raises(TrainingDiverged) as refusal:
        read(aws, log)
    assert reported in str(refusal.value)
    assert "lower the learning rates in hyperparameters (bias_lr 0.03, factors_lr 0.003)" in str(refusal.value)
    kept = [None if isinstance(loss, str) else loss for loss in losses]
    assert [epoch["loss"] for epoch in written(aws)["epochs"]] == kept


@pytest.mark.parametrize("losses", [(0.7, 0.9, 0.6), (0.7, 0.7, 0.7), (0.68, 0.7, 0.74)])
def test_a_training_that_wavers_or_learns_nothing_has_not_diverged(aws: Aws, losses: tuple[float, ...]) -> None:
    log = FIRST + "".join(line(epoch, loss) for epoch, loss in enumerate(losses))
    assert read(aws, log)[0] == {"epochs": 3, "complete": True}


def test_values_with_a_heavy_tail_have_not_diverged_where_the_first_batch_had_none_of_it(aws: Aws) -> None:
    said = FIRST.replace("cross_entropy", "rmse")
    epochs = "".join(line(epoch, loss).replace("cross_entropy", "rmse") for epoch, loss in enumerate((3.2, 3.1, 3.0)))
    assert read(aws, said + epochs)[0] == {"epochs": 3, "complete": True}
    with pytest.raises(TrainingDiverged, match=r"was 0\.69 in the beginning and 30 after epoch 3"):
        read(aws, said + epochs.replace("=3.0", "=30.0"))


def test_the_training_on_everything_has_a_document_of_its_own(aws: Aws, logs: Any) -> None:
    write(logs, f"{JOB}/algo-1-1795000000", FIRST + THREE)
    event = {"run_id": RUN, "document": "refit", "job": JOB, "status": "Completed", "hyperparameters": ASKED}
    layout = RunLayout(aws.bucket, RUN)
    aws.put_json(layout.training, "of the first")
    assert state.handler(event, None) == {"epochs": 3, "complete": True}
    assert written(aws) == "of the first"
    assert aws.get_json(layout.refit_training)["untrained_loss"] == 0.69


def test_without_the_first_batchs_loss_the_first_epochs_stands_in(aws: Aws) -> None:
    assert read(aws, line(0, 5.0), epochs="1")[0] == {"epochs": 1, "complete": True}
    with pytest.raises(TrainingDiverged, match="was 5 in the beginning and 6 after epoch 2"):
        read(aws, line(0, 5.0) + line(1, 6.0), epochs="2")


def test_the_log_of_a_job_that_was_stopped_is_not_waited_for(aws: Aws) -> None:
    event = {"run_id": RUN, "document": "refit", "job": JOB, "status": "Stopped", "hyperparameters": ASKED}
    with pytest.raises(JobNotCompleted, match="the training job ended Stopped"):
        state.handler(event, None)
