"""Reading jobs' logs where SageMaker stores them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from topx.cloudwatch_logs import CloudWatchLogs
from topx.job_logs import Job
from workflow.console_links import links
from workflow.failed_run import FailedRun

GROUP = "/aws/sagemaker/TrainingJobs"
JOB = Job("Training", "fm-a")
FIND = {"logGroupName": GROUP, "logStreamNamePrefix": "fm-a-"}


@pytest.fixture
def client() -> Any:
    return boto3.client("logs", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as found:
        yield found
        found.assert_no_pending_responses()


def streams(*names: str) -> dict[str, Any]:
    """A page of streams, each created later than the previous one."""
    return {"logStreams": [{"logStreamName": name, "creationTime": when} for when, name in enumerate(names)]}


def expect_events(stub: Stubber, name: str, after: str | None, token: str, *messages: str) -> None:
    asked = {"logGroupName": GROUP, "logStreamName": name, "startFromHead": True}
    reported = {"events": [{"message": message} for message in messages], "nextForwardToken": token}
    stub.add_response("get_log_events", reported, asked | ({"nextToken": after} if after else {}))


def test_a_log_is_read_page_by_page_and_later_only_what_is_new(client: Any, stub: Stubber) -> None:
    logs = CloudWatchLogs(client)
    name = "fm-a-1/algo-1-1700000000"
    stub.add_response("describe_log_streams", streams(name), FIND)
    expect_events(stub, name, None, "f/1", "one", "two")
    expect_events(stub, name, "f/1", "f/2", "three")
    expect_events(stub, name, "f/2", "f/2")
    assert logs.text(JOB) == "one\ntwo\nthree"
    stub.add_response("describe_log_streams", streams(name), FIND)
    expect_events(stub, name, "f/2", "f/3", "four")
    expect_events(stub, name, "f/3", "f/3")
    assert logs.text(JOB) == "one\ntwo\nthree\nfour"


def test_of_a_retried_job_the_newest_is_read_and_of_its_hosts_the_first(client: Any, stub: Stubber) -> None:
    found = streams("fm-a-1/algo-1-1700000000", "fm-a-2/algo-1-1700000300", "fm-a-2/algo-2-1700000301")
    stub.add_response("describe_log_streams", found, FIND)
    expect_events(stub, "fm-a-2/algo-1-1700000300", None, "f/1", "second try")
    expect_events(stub, "fm-a-2/algo-1-1700000300", "f/1", "f/1")
    assert CloudWatchLogs(client).text(JOB) == "second try"


def test_a_job_that_has_not_begun_has_said_nothing(client: Any, stub: Stubber) -> None:
    stub.add_response("describe_log_streams", streams(), FIND)
    assert CloudWatchLogs(client).text(JOB) == ""


def test_before_the_accounts_first_job_there_is_not_even_a_group(client: Any, stub: Stubber) -> None:
    stub.add_client_error("describe_log_streams", "ResourceNotFoundException", expected_params=FIND)
    assert CloudWatchLogs(client).text(JOB) == ""


def test_a_failed_run_leads_to_the_console(client: Any) -> None:
    run = FailedRun("arn:aws:states:eu-west-1:1:execution:t:n", "20261123t030000120-a9711f", "FAILED")
    assert CloudWatchLogs(client).places(run, "b", JOB) == links(run, "b")
