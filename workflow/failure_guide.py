"""What to do when a run has failed: an entry for every state, and one for every error that a run can end with.

docs/operate.md holds both tables, and every message about a failed run cites them (workflow.failure_message).
"""

from dataclasses import dataclass

from workflow.stages import EVERY_STAGE

GUIDE = "docs/operate.md"

AFTER_PUBLISHING = tuple(stage.name for stage in EVERY_STAGE if stage.left)
"""The states that a run enters only once its version is served: whatever fails there, the run has not been refused."""

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
        "the execution's input has faults; the message lists all of them",
        "Fix the input and start another run.",
    ),
    Entry(
        ("InputRefused",),
        "what lies under input/ cannot be used: missing, unreadable, or too many rows refused",
        "Fix the data, write dataset.json last, and start another run.",
    ),
    Entry(
        ("TrainingDiverged",),
        "the training's loss is no number, or larger than before any training: such a model ranks at random",
        "Lower the learning rates in hyperparameters (factors_lr and linear_lr first, to a third), or set "
        "clip_gradient; with explicit feedback look for values far out of their range. Then start another run.",
    ),
    Entry(
        ("QualityRefused",),
        "the model ranks worse than the gate demands: NDCG@10 is 0, or too low beside most-popular or the version that "
        "is published",
        "See the report before you lower that rule of the gate: readers keep the better version meanwhile.",
    ),
    Entry(
        ("PublishRefused",),
        "the lists are incomplete, wrong, or older than what is published",
        "Start another run, unless a newer version is published already.",
    ),
    Entry(
        ("AwsUnavailable",),
        "AWS did not answer a function's calls, or throttled them, for more than ten minutes",
        "Look at the AWS Health Dashboard; once the service is well, redrive the execution.",
    ),
    Entry(
        ("WritingStalled",),
        "DynamoDB took nothing more for minutes",
        "Give the table more write capacity or the map less concurrency, then redrive the execution.",
    ),
    Entry(
        ("JobNotCompleted",),
        "a job was stopped, or ran longer than its stopping condition allows",
        "Start another run; if the job ran out of time, give it a larger instance, or leave out spot: on spare "
        "capacity a training has an hour, waiting for an instance included.",
    ),
    Entry(
        ("RunGoesOn",),
        "a user was to be forgotten (topx forget) while a run, or what comes after one, was going on",
        "Wait until it is over, or stop it, and ask again.",
    ),
    Entry(
        ("NotDeleted",),
        "S3 refuses to delete an object: a policy of the bucket's, or a lock on the object, forbids it",
        "Allow it to the function's role, and redrive the execution or call the function again.",
    ),
    Entry(
        ("WrongForgottenUsers",),
        "the list of the users whose rows are to be left out is not the one that the run was planned with",
        "Start another run.",
    ),
    Entry(
        ("MissingDocument",),
        "a file of the run is not in the bucket",
        "Start another run; if somebody deletes under runs/ or scratch/, have it stopped.",
    ),
    Entry(
        ("DamagedObject",),
        "a file of the run is there, but is not what the state that writes it leaves",
        "Start another run; if it comes again, look for who or what writes under runs/ or scratch/.",
    ),
    Entry(
        ("RunIdTaken",),
        "two executions that began in the same millisecond have one run id",
        "Start the execution again.",
    ),
    Entry(
        ("RunInputError", "IndexFileError"),
        "extract was given files that are not those of its run",
        "Start another run; do not replace files under scratch/ while a run goes on.",
    ),
    Entry(
        ("ArtifactError", "ParametersError"),
        "the model's artifact is not what factorization machines write, or holds values that are no numbers",
        "Values that are no numbers: lower the learning rates in hyperparameters. Otherwise start another run.",
    ),
    Entry(
        ("ModelLearnedNothing",),
        "the model does not know the interactions that it was trained on: its artifact is damaged or another run's, or "
        "its factors learned nothing",
        "Start another run. If it comes again, raise epochs, or factors_lr in hyperparameters.",
    ),
    Entry(
        ("AlgorithmError",),
        "SageMaker: the code in the container failed",
        "Read the log of the job.",
    ),
    Entry(
        ("ClientError",),
        "SageMaker: the request or its data are at fault (permissions, an empty prefix, a hyperparameter)",
        "Fix what the message names; permissions of jobs are in infra/job_role.py.",
    ),
    Entry(
        ("CapacityError",),
        "SageMaker: no instance of that type was free, for twelve hours",
        "Redrive the execution, which tries for another twelve hours; or run with another instance type.",
    ),
    Entry(
        ("InternalServerError",),
        "SageMaker: its own fault, six times",
        "Look at the AWS Health Dashboard, then redrive the execution.",
    ),
    Entry(
        ("JobFailed",),
        "a job failed, and trying it again cannot help or did not in twelve hours; the message has SageMaker's reason",
        "Fix what the message names, then redrive the execution: the job is tried again at once.",
    ),
    Entry(
        ("SageMaker.ResourceLimitExceededException",),
        "the account's quota of that instance type is used up, for twelve hours",
        "Raise the quota for the type and kind of job (Service Quotas), then redrive; or run with another type.",
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
        "Lambda itself failed, or had no room for another call",
        "Redrive the execution; if it comes again, look at the account's Lambda concurrency.",
    ),
    Entry(
        ("Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory"),
        "a function ran out of time or memory",
        "Redrive the execution; if it comes again, give the function more in workflow/stages.py.",
    ),
    Entry(
        ("States.Timeout",),
        "a state, or the whole execution, took longer than its TimeoutSeconds allow",
        "See in the log what took so long. More data than ever wants larger instances or a longer TimeoutSeconds.",
    ),
    Entry(
        ("States.ItemReaderFailed",),
        "a map could not read the list of its parts",
        "Look whether parts.json or retirement.json is among the run's files, and start another run.",
    ),
    Entry(
        ("States.ExceedToleratedFailureThreshold",),
        "a part of a map failed",
        "Look at the failed child execution in the map run.",
    ),
    Entry(
        ("States.TaskFailed", "States.Runtime", "States.ALL"),
        "anything else: the message has all that is known",
        "Read the log; redrive the execution once what the message names is fixed.",
    ),
    Entry(
        ("States.Aborted", "Cancelled"),
        "somebody stopped the execution; its jobs were stopped with it",
        "Nothing, if it was meant; otherwise start another run. CloudTrail's StopExecution says by whom.",
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
