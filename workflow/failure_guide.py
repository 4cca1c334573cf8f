"""What to do when a run fails: an entry for every state, and for every error that a run can end with.

docs/operate.md has both tables, and every message about a failed run quotes them (workflow.failure_message).
"""

from dataclasses import dataclass

from workflow.stages import EVERY_STAGE

GUIDE = "docs/operate.md"

AFTER_PUBLISHING = tuple(stage.name for stage in EVERY_STAGE if stage.left)
"""The states after a version is published: if one of them fails, the run was not refused."""

STATES: dict[str, str] = {stage.name: stage.what_to_do for stage in EVERY_STAGE}
"""What to do when a run fails in a state, by the state's name."""


@dataclass(frozen=True)
class Entry:
    """What an error means and what to do about it. ``names`` are the names under which it is reported."""

    names: tuple[str, ...]
    meaning: str
    do: str


ENTRIES: tuple[Entry, ...] = (
    Entry(
        ("RequestRefused",),
        "the execution's input is invalid; the message lists all faults",
        "Fix the input and start another run.",
    ),
    Entry(
        ("InputRefused",),
        "the data under input/ cannot be used: missing, unreadable, or too many rows rejected",
        "Fix the data, write dataset.json last, and start another run.",
    ),
    Entry(
        ("TrainingDiverged",),
        "the training loss is NaN, or larger than at the start: such a model ranks at random",
        "Lower the learning rates in hyperparameters (factors_lr and linear_lr first, to a third), or set "
        "clip_gradient; with explicit feedback, look for outliers in the values. Then start another run.",
    ),
    Entry(
        ("QualityRefused",),
        "the model ranks worse than the gate requires: NDCG@10 is 0, or too low compared with most-popular or the "
        "current version",
        "Read the report before you lower the gate: meanwhile, readers keep the better version.",
    ),
    Entry(
        ("PublishRefused",),
        "the lists are incomplete, wrong, or older than the current version",
        "Start another run, unless a newer version is already published.",
    ),
    Entry(
        ("AwsUnavailable",),
        "AWS did not answer a function's calls, or throttled them, for more than ten minutes",
        "Check the AWS Health Dashboard; once the service has recovered, redrive the execution.",
    ),
    Entry(
        ("WritingStalled",),
        "DynamoDB accepted no writes for several minutes",
        "Give the table more write capacity or the map less concurrency, then redrive the execution.",
    ),
    Entry(
        ("JobNotCompleted",),
        "a job was stopped, or ran longer than its stopping condition allows",
        "Start another run; if the job timed out, use a larger instance, or turn off spot: with spot, a "
        "training has one hour, including the wait for an instance.",
    ),
    Entry(
        ("RunInProgress",),
        "topx forget was called while an execution of either state machine was in progress",
        "Wait until it has ended, or stop it, and try again.",
    ),
    Entry(
        ("NotDeleted",),
        "S3 refuses to delete an object: a bucket policy or an object lock forbids it",
        "Allow the function's role to delete it, then redrive the execution or invoke the function again.",
    ),
    Entry(
        ("WrongForgottenUsers",),
        "the list of forgotten users is not the one that the run was planned with",
        "Start another run.",
    ),
    Entry(
        ("MissingDocument",),
        "a file of the run is not in the bucket",
        "Start another run; make sure that nothing else deletes files under runs/ or scratch/.",
    ),
    Entry(
        ("DamagedObject",),
        "a file of the run exists, but is not as the run wrote it",
        "Start another run; if it happens again, find out what else writes under runs/ or scratch/.",
    ),
    Entry(
        ("RunIdTaken",),
        "two executions that started in the same millisecond have the same run id",
        "Start another execution.",
    ),
    Entry(
        ("RunInputError", "IndexFileError"),
        "extract got files that do not belong to its run",
        "Start another run; do not replace files under scratch/ during a run.",
    ),
    Entry(
        ("ArtifactError", "ParametersError"),
        "the model artifact is not in the format of factorization machines, or contains NaN or infinite values",
        "For NaN or infinite values, lower the learning rates in hyperparameters. Otherwise, start another run.",
    ),
    Entry(
        ("ModelLearnedNothing",),
        "the model does not predict the interactions that it was trained on: its artifact is damaged or from another "
        "run, or its factors learned nothing",
        "Start another run. If it happens again, raise epochs, or factors_lr in hyperparameters.",
    ),
    Entry(
        ("AlgorithmError",),
        "SageMaker: the code in the container failed",
        "Read the log of the job.",
    ),
    Entry(
        ("ClientError",),
        "SageMaker: the request or its data are at fault (permissions, an empty prefix, a hyperparameter)",
        "Fix what the message names; the jobs' permissions are in infra/job_role.py.",
    ),
    Entry(
        ("CapacityError",),
        "SageMaker: no instance of that type was available for twelve hours",
        "Redrive the execution, which retries for another twelve hours, or use another instance type.",
    ),
    Entry(
        ("InternalServerError",),
        "SageMaker: internal error, six times",
        "Check the AWS Health Dashboard, then redrive the execution.",
    ),
    Entry(
        ("JobFailed",),
        "a job failed, and retries would not help or did not help within twelve hours; the message has SageMaker's "
        "reason",
        "Fix what the message names, then redrive the execution: the job is tried again at once.",
    ),
    Entry(
        ("SageMaker.ResourceLimitExceededException",),
        "the account's quota for that instance type was exhausted for twelve hours",
        "Raise the quota for the instance type and kind of job (Service Quotas), then redrive the execution; or use "
        "another instance type.",
    ),
    Entry(
        ("SageMaker.AmazonSageMakerException", "SageMaker.ThrottlingException", "ThrottlingException"),
        "SageMaker refused the call, or throttled it for twelve hours",
        "Fix what the message names (often a permission of the state machine's role), then redrive the execution.",
    ),
    Entry(
        (
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
            "Lambda.ResourceConflictException",
            "Lambda.ResourceNotReadyException",
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.Unknown",
        ),
        "Lambda itself failed, or had no concurrency left",
        "Redrive the execution; if it happens again, check the account's Lambda concurrency.",
    ),
    Entry(
        ("Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory"),
        "a function timed out or ran out of memory",
        "Redrive the execution; if it happens again, give the function more time or memory in workflow/stages.py.",
    ),
    Entry(
        ("States.Timeout",),
        "a state, or the whole execution, took longer than its TimeoutSeconds allow",
        "Check in the log what took so long. For much more data, use larger instances or a longer TimeoutSeconds.",
    ),
    Entry(
        ("States.ItemReaderFailed",),
        "a map could not read the list of its parts",
        "Check that parts.json or retirement.json is among the run's files, and start another run.",
    ),
    Entry(
        ("States.ExceedToleratedFailureThreshold",),
        "a part of a map failed",
        "See the failed child execution in the map run.",
    ),
    Entry(
        ("States.TaskFailed", "States.Runtime", "States.ALL"),
        "anything else: the message has everything that is known",
        "Read the log; redrive the execution once what the message names is fixed.",
    ),
    Entry(
        ("States.Aborted", "Cancelled"),
        "the execution was stopped, and its jobs with it",
        "Nothing, if it was intended; otherwise, start another run. CloudTrail's StopExecution event says who did it.",
    ),
)

ERRORS: dict[str, Entry] = {name: entry for entry in ENTRIES for name in entry.names}
"""The entry of each error, by each of its names."""


def states_table() -> str:
    """The states' entries as a Markdown table."""
    return "\n".join(["| state | what to do |", "|---|---|", *(f"| {name} | {do} |" for name, do in STATES.items())])


def errors_table() -> str:
    """The errors' entries as a Markdown table."""
    rows = (f"| {', '.join(f'`{name}`' for name in e.names)} | {e.meaning} | {e.do} |" for e in ENTRIES)
    return "\n".join(["| error | what it means | what to do |", "|---|---|---|", *rows])
