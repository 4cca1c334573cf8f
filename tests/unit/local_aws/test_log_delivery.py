"""Jobs' output is in CloudWatch Logs with SageMaker's names."""

from typing import Any

import pytest

from contract.sagemaker_logs import LogReader
from local_aws import engine
from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs import log_delivery
from local_aws.sagemaker_jobs.job_lifecycle import JobEndedBadly
from local_aws.sagemaker_jobs.service import LocalSageMaker
from sagemaker_contract.job_logs import log_group
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import Switch, client_of
from tests.unit.local_aws.test_roles import EVERYTHING, JOBS, STATES, Account, data_of, training


@pytest.fixture
def logs(running: engine.RunningEngine) -> Any:
    return client_of(running, "logs")


def lines(home: EngineHome, job: str) -> list[str]:
    return [line for line in (home.jobs / job / "log.txt").read_text(encoding="utf-8").splitlines() if line]


def test_a_training_says_there_all_that_its_log_file_has(
    sagemaker: LocalSageMaker, home: EngineHome, bucket: str, switch: Switch, logs: Any
) -> None:
    sagemaker.call("createTrainingJob.sync", request_of.training("fm-told", bucket=bucket), switch.caller)
    assert "the toy begins ['train']" in lines(home, "fm-told")
    assert LogReader(logs).text("Training", "fm-told/").splitlines() == lines(home, "fm-told")


def test_a_job_that_fails_does_so_too(
    sagemaker: LocalSageMaker, home: EngineHome, bucket: str, switch: Switch, logs: Any
) -> None:
    request = request_of.processing("pr-failed", bucket=bucket, Environment={"TOY": "exit 3"})
    with pytest.raises(JobEndedBadly):
        sagemaker.call("createProcessingJob.sync", request, switch.caller)
    assert LogReader(logs).text("Processing", "pr-failed/").splitlines() == lines(home, "pr-failed") != []


def test_a_job_whose_role_may_not_write_logs_goes_on_without(
    bucket: str, running: engine.RunningEngine, running_home: EngineHome, logs: Any
) -> None:
    account = Account(running)
    request = training(bucket, RoleArn=account.role(JOBS, data_of(bucket)))
    assert account.ended(account.start(account.role(STATES, EVERYTHING), request))["status"] == "SUCCEEDED"
    name = request["TrainingJobName"]
    assert LogReader(logs).text("Training", f"{name}/") == ""
    reported = lines(running_home, name)[-1]
    stream = f"{log_group('Training')}:log-stream:{name}/algo-1-"
    assert "this log is not in CloudWatch Logs" in reported
    assert f"logs:CreateLogStream on resource: arn:aws:logs:us-east-1:000000000000:log-group:{stream}" in reported


def test_no_call_is_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_delivery, "_MOST_EVENTS", 3)
    monkeypatch.setattr(log_delivery, "_MOST_BYTES", 100)
    monkeypatch.setattr(log_delivery, "_LONGEST_LINE", 30)
    given = ["a", "", "b", "c", "d", "é" * 30, "e" * 20, "x" * 70]
    batches = [[event["message"] for event in batch] for batch in log_delivery._batches(given)]
    assert batches == [["a", "b", "c"], ["d"], ["é" * 30], ["e" * 20], ["x" * 30], ["x" * 30, "x" * 10]]
