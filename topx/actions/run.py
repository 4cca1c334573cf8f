"""``topx run`` and ``topx watch``: start a run, follow it to its end, print its result."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from contract.visible_text import visible
from topx import input_data, outcome, progress_display, reports, result_display
from topx.deployment import Deployment
from topx.home import home
from topx.problem import Problem
from topx.progress import follow
from topx.published import record_of
from topx.samples import complete_journey, movielens
from topx.terminal import Terminal
from workflow.failed_run import run_id

SAMPLES: dict[str, Callable[[Path], Path]] = {"movielens": movielens.write, "complete-journey": complete_journey.write}
INTERRUPTED = 130


@dataclass(frozen=True)
class Data:
    """The data for a run: the files of a folder or a sample, or (neither) what is in the bucket already.

    ``replace``: whether existing input may be deleted.
    """

    folder: Path | None = None
    sample: str | None = None
    replace: bool = True

    def written(self) -> Path | None:
        """The folder; for a sample, after its files are written; None if neither is given."""
        return SAMPLES[self.sample](home() / "samples" / self.sample) if self.sample else self.folder


def run(
    connect: Callable[[], Deployment], console: Terminal, data: Data, *, given: str, stack: str | None = None
) -> int:
    """Upload the data, if any is given, start an execution with the input ``given`` (JSON) and follow it."""
    record = home() / "last-run.json"
    record.unlink(missing_ok=True)
    try:
        deployment = connect_with_data(connect, console, data)
        name = f"{data.sample or 'manual'}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        started = deployment.states.start_execution(stateMachineArn=deployment.state_machine, name=name, input=given)
    except Exception:  # a script that reads the record must not mistake an earlier run's for this one's
        outcome.Outcome(outcome.FAILED, stack).write(record)
        raise
    return _follow(deployment, console, started["executionArn"])


def connect_with_data(connect: Callable[[], Deployment], console: Terminal, data: Data) -> Deployment:
    """The deployment, after replacing its input with the files of a folder or a sample, if one is given.

    Raises:
        Problem: if there is existing input that may not be replaced.
    """
    folder = data.written()
    if folder is None:
        return connect()
    files = input_data.files_of(folder)  # before anything is started, so that a wrong folder is reported at once
    deployment = connect()
    if not data.replace:
        input_data.refuse_present(deployment)
    size = sum(path.stat().st_size for path in files.values()) / 1e6
    console.print(f"Uploading {len(files)} files, {size:.1f} MB, from {visible(str(folder))}", soft_wrap=True)
    input_data.replace(deployment, files)
    return deployment


def watch(deployment: Deployment, console: Terminal, name: str | None) -> int:
    """Follow the newest execution, or the one called ``name``, as ``topx run`` does."""
    return _follow(deployment, console, execution_arn(deployment, name))


def cancel(deployment: Deployment, console: Terminal, name: str | None) -> int:
    """Stop an execution and the jobs it has started."""
    arn = execution_arn(deployment, name, running=True)
    deployment.states.stop_execution(executionArn=arn, error="Cancelled", cause="stopped by topx cancel")
    message = (
        "It had already published its version" if _has_published(deployment, arn) else "Nothing of it was published"
    )
    console.print(f"Stopped {arn.rsplit(':', 1)[1]}. {message}.")
    return 0


def _has_published(deployment: Deployment, arn: str) -> bool:
    started = deployment.states.describe_execution(executionArn=arn)["startDate"]
    return "published_at" in record_of(deployment.table, run_id(arn, started))


def execution_arn(deployment: Deployment, name: str | None, *, running: bool = False) -> str:
    """The ARN of the newest execution, or of the one called ``name``: its own name, or its run id.

    Raises:
        Problem: if there is none.
    """
    only = {"statusFilter": "RUNNING"} if running else {}
    pages = deployment.states.get_paginator("list_executions").paginate(
        stateMachineArn=deployment.state_machine, **only
    )
    entries = [entry for page in pages for entry in page["executions"]]
    executions = [
        entry for entry in entries if name in (None, entry["name"], run_id(entry["executionArn"], entry["startDate"]))
    ]
    if not executions:
        what = f"there is no {'running ' if running else ''}execution{f' called {name!r}' if name else ''}"
        raise Problem(f"{what}; see: {deployment.command('runs')}")
    return str(max(executions, key=lambda entry: entry["startDate"])["executionArn"])


def _follow(deployment: Deployment, console: Terminal, arn: str) -> int:
    name = arn.rsplit(":", 1)[1]
    console.print(f"Execution {name}\n")
    try:
        execution = progress_display.show(console, follow(deployment, arn))
    except (KeyboardInterrupt, BotoCoreError, ClientError) as left:
        if deployment.stack is None and not isinstance(left, KeyboardInterrupt):
            outcome.Outcome(outcome.FAILED).write(home() / "last-run.json")
            raise Problem(f"the embedded AWS has stopped, and the run with it ({left}); start another run") from left
        console.print(
            f"\nThe run continues. Follow it: {deployment.command('watch', name)}. Stop it: "
            f"{deployment.command('cancel', name)}",
            soft_wrap=True,
        )
        if isinstance(left, KeyboardInterrupt):
            return INTERRUPTED
        raise
    failure = outcome.failure_of(execution, deployment)
    pages = reports.download(deployment, run_id(arn, execution.started), home() / "reports")
    ended = outcome.outcome_of(execution, failure, deployment, pages)
    try:
        deployment.keep()
    except Problem:
        replace(ended, status=outcome.FAILED).write(home() / "last-run.json")
        raise
    ended.write(home() / "last-run.json")
    result_display.show(console, deployment, execution, failure, ended)
    return outcome.EXIT_CODES[ended.status]


def valid_input(text: str) -> str:
    """``text`` if it is JSON, for argparse; the workflow validates its content.

    Raises:
        ValueError: if it is not JSON.
    """
    json.loads(text)
    return text
