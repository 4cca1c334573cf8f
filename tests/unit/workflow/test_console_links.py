"""URLs in the console, for each partition."""

import json

import pytest

from workflow.console_links import links
from workflow.failed_run import FailedRun, FailedState

RUN_ID = "20261123t030000120-a9711f"


def run(partition: str = "aws", region: str = "eu-west-1", **more: object) -> FailedRun:
    arn = f"arn:{partition}:states:{region}:111122223333:execution:topx:monday"
    return FailedRun(arn, RUN_ID, "FAILED", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("partition", "region", "site"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "https://console.amazonaws-us-gov.com"),
    ],
)
def test_execution_and_files_are_in_the_regions_console(partition: str, region: str, site: str) -> None:
    failed = run(partition, region)
    assert links(failed, "data") == {
        "Execution": f"{site}/states/home?region={region}#/v2/executions/details/{failed.execution}",
        "Files of the run": f"{site}/s3/buckets/data?region={region}&prefix=runs/{RUN_ID}/",
    }


def test_the_log_of_a_job_is_its_log_group_narrowed_to_its_streams() -> None:
    cause = json.dumps({"ProcessingJobName": "pr-1-a", "FailureReason": "x"})
    assert links(run(cause=cause), "data")["Log of job pr-1-a"] == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/"
        "$252Faws$252Fsagemaker$252FProcessingJobs$3FlogStreamNameFilter$3Dpr-1-a"
    )


def test_a_function_leads_to_its_monitoring_page() -> None:
    task = {"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:topx-Load"}
    assert links(run(state=FailedState("Load one part", task=task)), "data")["Function topx-Load"].endswith(
        "/lambda/home?region=eu-west-1#/functions/topx-Load?tab=monitoring"
    )
