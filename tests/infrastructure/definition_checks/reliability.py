"""Choices have a default, tasks have timeouts and are retried, and retriers and failures name existing errors."""

import re

import botocore.session

from contract.refusal import REFUSALS
from lambdas.aws_clients import AwsUnavailable
from lambdas.loading.batch_write import WritingStalled
from tests.infrastructure.definition_checks.scopes import Scope, State, normal_successors, states, successors
from workflow.failed_job_stages import AGAIN, LOOK, WAIT

# "Error names" and "Handle errors", Step Functions developer guide.
STEP_FUNCTIONS = {
    f"States.{name}"
    for name in (
        "ALL",
        "BranchFailed",
        "DataLimitExceeded",
        "ExceedToleratedFailureThreshold",
        "HeartbeatTimeout",
        "IntrinsicFailure",
        "ItemReaderFailed",
        "NoChoiceMatched",
        "ParameterPathFailure",
        "Permissions",
        "ResultPathMatchFailure",
        "ResultWriterFailed",
        "Runtime",
        "TaskFailed",
        "Timeout",
    )
}
LAMBDA = {
    f"Lambda.{name}"
    for name in (
        "AWSLambdaException",
        "ClientExecutionTimeoutException",
        "SdkClientException",
        "Unknown",
        # The possible errors of Invoke itself.
        *(
            shape.name
            for shape in botocore.session.get_session()
            .get_service_model("lambda")
            .operation_model("Invoke")
            .error_shapes
        ),
    )
}
# How Lambda reports a function's end, and the transient errors of topx's functions.
FUNCTIONS = {"Runtime.ExitError", "Sandbox.Timedout", AwsUnavailable.__name__, WritingStalled.__name__}
# The optimized integration's own names; throttling has the first one on AWS, and its plain name in other integrations.
_SAGEMAKER_OWN = {"SageMaker.AmazonSageMakerException", "SageMaker.ThrottlingException", "ThrottlingException"}


def _sagemaker() -> set[str]:
    """With the errors in botocore's model, as Step Functions names them: ``ResourceInUse`` and a suffix."""
    shapes = botocore.session.get_session().get_service_model("sagemaker").error_shapes
    return _SAGEMAKER_OWN | {f"SageMaker.{shape.name.removesuffix('Exception')}Exception" for shape in shapes}


def _start_execution() -> set[str]:
    """StartExecution's errors, as the optimized integration names them."""
    model = botocore.session.get_session().get_service_model("stepfunctions").operation_model("StartExecution")
    return {f"StepFunctions.{shape.name.removesuffix('Exception')}Exception" for shape in model.error_shapes}


KNOWN = {
    "lambda": STEP_FUNCTIONS | LAMBDA | FUNCTIONS,
    "sagemaker": STEP_FUNCTIONS | _sagemaker(),
    "states": STEP_FUNCTIONS | _start_execution(),
}
FAILURES = {refusal.__name__ for refusal in REFUSALS}


# Work that another run does if this one could not; and errors that are passed to the next state.
_MAY_STAY = {"Delete k-NN model": "$.deleted"}
_PUBLISH = "Publish version"


def findings(definition: Scope) -> list[str]:
    """Everything that would end a run wrongly, or keep it from ending."""
    found = []
    for name, state in states(definition).items():
        if not state.get("Comment"):
            found.append(f"{name} does not say what it is for")
        if state["Type"] == "Choice" and "Default" not in state:
            found.append(f"{name} has no Default")
        if state["Type"] == "Fail" and state.get("Error") not in FAILURES:
            found.append(f"{name} fails with {state.get('Error')}, which is no refusal of topx")
        if state["Type"] == "Task":
            found += _task(name, state, definition)
        if state["Type"] == "Map" and (
            state.get("ToleratedFailureCount", 0) or state.get("ToleratedFailurePercentage")
        ):
            found.append(f"{name} tolerates failures")
    return found + _caught(definition) + _red_though_served(definition)


def _red_though_served(definition: Scope) -> list[str]:
    """States that a run enters once its version is published, and that could still make it fail."""
    machine = definition["States"]
    ahead, found = normal_successors(machine.get(_PUBLISH, {})), []
    for name in ahead:
        if (state := machine.get(name)) is None:
            continue
        ahead += [following for following in successors(state) if following not in ahead]
        caught = [error for catcher in state.get("Catch", []) for error in catcher["ErrorEquals"]]
        if state["Type"] != "Succeed" and "States.ALL" not in caught:
            found.append(f"{name} may fail a run that has published")
    return found


def _caught(definition: Scope) -> list[str]:
    """Before publishing, only failures of jobs are caught, and lead back to the job's state to retry it.

    Any other caught state would have ended, so that a redrive would not resume in it, and a failed run would look
    successful.
    """
    found = []
    leads = {
        choice.get("StringEquals"): choice["Next"] for choice in definition["States"].get(AGAIN, {}).get("Choices", [])
    }
    # If only one state has a job, the wait leads back to it.
    default = definition["States"].get(AGAIN, {}).get("Default") or definition["States"].get(WAIT, {}).get("Next")
    served = successors(definition["States"].get(_PUBLISH, {}))
    served += [name for state in served for name in successors(definition["States"].get(state, {}))]
    stages: set[str] = set()
    for name, state in states(definition).items():
        caught = state.get("Catch", [])
        creates = re.search(r":sagemaker:create\w+", state.get("Resource", ""))
        goes_on = [(c["Next"], c.get("ResultPath", "$")) for c in caught]
        if name in _MAY_STAY and goes_on == [(state["Next"], _MAY_STAY[name])]:
            continue  # it continues with the same next state
        if name in served:
            continue
        if not creates:
            found += [f"{name} catches" for _ in caught]
        elif [(catcher["ErrorEquals"], catcher["Next"]) for catcher in caught] != [(["States.TaskFailed"], LOOK)]:
            found.append(f"{name} must catch States.TaskFailed, and that for {LOOK} alone")
        else:
            stage = caught[0]["ResultPath"].removeprefix("$.failed.")
            if leads.get(stage, default) != name or stage in stages:
                found.append(f"{name} is known as {stage}, which {AGAIN} leads to {leads.get(stage, default)}")
            stages.add(stage)
    return found


def _task(name: str, state: State, definition: Scope) -> list[str]:
    limit = state.get("TimeoutSeconds", 0)
    found = [] if limit else [f"{name} has no TimeoutSeconds"]
    if limit > definition.get("TimeoutSeconds", 0):
        found.append(f"{name} may take longer than the whole run")
    if not state.get("Retry"):
        found.append(f"{name} has no Retry")
    service = re.search(r":(lambda|sagemaker|states):", state["Resource"].replace(":states:::", ":::"))
    known = KNOWN[service[1]] if service else STEP_FUNCTIONS
    named = [error for retrier in state.get("Retry", []) for error in retrier["ErrorEquals"]]
    found += [f"{name} retries {error}, which its call never ends with" for error in named if error not in known]
    # A job that timed out would time out again; a function ends earlier, so its host or its response was lost.
    tireless = ("States.ALL",) if service and service[1] == "lambda" else ("States.ALL", "States.Timeout")
    found += [f"{name} repeats {error}" for error in tireless if error in named]
    # It matches every error except States.Timeout: later retriers are never reached.
    if "States.TaskFailed" in named[:-1]:
        found.append(f"{name} has a retrier behind States.TaskFailed")
    return found
