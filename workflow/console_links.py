"""URLs in the AWS console that show more about a failed run."""

from urllib.parse import quote

from contract.run_layout import RunLayout
from sagemaker_contract.job_logs import log_group
from workflow.failed_run import FailedRun

# "AWS Management Console" of each partition, as in the console's own URLs.
_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def links(run: FailedRun, bucket: str) -> dict[str, str]:
    """URLs by label: the execution, the run's files, the log of the failed job or function."""
    _, partition, _, region, *_ = run.execution.split(":")
    # GovCloud has one console host for both regions; each URL has the region anyway.
    host = _HOSTS.get(partition, _HOSTS["aws"])
    site = f"https://{host}" if partition == "aws-us-gov" else f"https://{region}.{host}"
    query = f"?region={region}"
    prefix = quote(RunLayout(bucket, run.run_id).run)
    found = {
        "Execution": f"{site}/states/home{query}#/v2/executions/details/{run.execution}",
        "Files of the run": f"{site}/s3/buckets/{bucket}{query}&prefix={prefix}",
    }
    if run.job:
        kind, name = run.job
        group = _twice(log_group(kind))
        streams = f"$3FlogStreamNameFilter$3D{name}"
        found[f"Log of job {name}"] = f"{site}/cloudwatch/home{query}#logsV2:log-groups/log-group/{group}{streams}"
    elif run.function:
        found[f"Function {run.function}"] = f"{site}/lambda/home{query}#/functions/{run.function}?tab=monitoring"
    return found


def _twice(text: str) -> str:
    """A log group's name as CloudWatch's console expects it in the fragment: percent-encoded twice, with $ for the
    second %.

    >>> _twice("/aws/x")
    '$252Faws$252Fx'
    """
    return quote(quote(text, safe=""), safe="").replace("%", "$")
