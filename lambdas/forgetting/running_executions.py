"""Whether any run is in progress: what it has read and will write could not be erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contract.refusal import NamedError
from contract.run_layout import RUN_ID, RUNS_PREFIX, RunLayout, started_at
from lambdas.retiring import execution_state
from lambdas.retiring.execution_state import RUNNING
from lambdas.s3_json import JsonDocuments

# "This operation is eventually consistent": ListExecutions, Step Functions API reference. A newer run that has already
# written a plan is therefore looked up by name.
_LISTED_AFTER = timedelta(minutes=5)
_LATER = "wait until it ends, or stop it, and try again; until then, the user may have lists"


class RunInProgress(NamedError):
    """An execution of either state machine is in progress."""


@dataclass(frozen=True)
class RunningExecutions:
    """The executions in progress of one deployment: of both state machines, whose ARNs are ``machines``."""

    documents: JsonDocuments
    states: Any  # boto3 Step Functions client
    machines: Sequence[str]

    def refuse(self, now: datetime) -> None:
        """Make sure that no run, and no execution after publishing, is in progress.

        Raises:
            RunInProgress: naming the execution.
        """
        for machine in self.machines:
            for status in RUNNING:
                asked = {"stateMachineArn": machine, "statusFilter": status, "maxResults": 1}
                if going := self.states.list_executions(**asked)["executions"]:
                    raise RunInProgress(f"{going[0]['name']} is in progress: {_LATER}")
        for run in self.documents.folders(RUNS_PREFIX):
            if RUN_ID.fullmatch(run) and started_at(run) > now.astimezone(UTC) - _LISTED_AFTER:
                self._refuse_young(RunLayout(self.documents.bucket, run))

    def _refuse_young(self, layout: RunLayout) -> None:
        execution = execution_state.of_run(self.documents, layout)
        if execution is None:
            return
        try:
            over = self.states.describe_execution(executionArn=execution)["status"] not in RUNNING
        except self.states.exceptions.ExecutionDoesNotExist:  # not started yet
            over = False
        if not over:
            raise RunInProgress(f"run {layout.run_id} has just started: {_LATER}")
