"""What to do when a run has failed: an entry for every state, and one for every error that a run can end with.

``python -m contract.failure_guide`` prints both tables. docs/operate.md holds them, and every message about a failed
run cites them (contract.failure_message).
"""

from dataclasses import dataclass

GUIDE = "docs/operate.md"

_ONLY_READS = (
    "It only reads the run's own state, so there is nothing to mend: redrive the execution, or start another run."
)
_SERVED = "The new version is served already; only tidying up is left."
_PAGE = "The new version is served already; only its page and tidying up are left."

AFTER_PUBLISHING = (
    "Delete k-NN model",
    "Gather outcome",
    "Draw outcome",
    "Choose versions to retire",
    "Anything to retire?",
    "Retire old versions",
    "Retire one part",
    "Record retirement",
)
"""The states that a run enters only once its version is served: whatever fails there, the run has not been refused."""

STATES: dict[str, str] = {
    "Plan the run": (
        'Mend the execution\'s input or the data under input/. A run with {"dry_run": true} checks both, without a job.'
    ),
    "Dry run?": _ONLY_READS,
    "Planned only": "Nothing: a dry run ends here.",
    "Prepare training data": (
        "Read the log of the processing job. Out of memory or disk: give prepare_instance_type a larger instance."
    ),
    "Plan training": (
        "Look at summary.json and rejected/ among the run's files: each refused row is there with file, line and "
        "reason. Mend the data, or raise reject_limit in dataset.json."
    ),
    "Train factorization machines": (
        "Read the log of the training job. A loss that is no number: lower the learning rates in hyperparameters. "
        "Out of memory: give training_instance_type a larger instance."
    ),
    "Read training log": (
        "Look at evaluation/training.json among the run's files: the loss of each epoch. A loss that grows: lower the "
        "learning rates in hyperparameters."
    ),
    "Extract vectors": (
        "Read the log of the processing job. Out of memory: give extract_instance_type a larger instance."
    ),
    "Check quality": "Look at evaluation/metrics.json among the run's files. It is written by the state before.",
    "Good enough?": _ONLY_READS,
    "Quality too low": (
        "Look at the report: data that changed is likelier than a recipe gone bad. Mend the data or the recipe; lower "
        'what the message names (gate.baseline, gate.champion), or publish all the same with {"gate": "off"}.'
    ),
    "Refit?": _ONLY_READS,
    "Train on everything": (
        "As for Train factorization machines. The model before it has passed the gate: to publish one like it, start "
        'another run with {"refit": false}.'
    ),
    "Read refit log": (
        "Look at evaluation/refit_training.json among the run's files: the loss of each epoch. The first training with "
        'the same settings went well: start another run, or one with {"refit": false}.'
    ),
    "Extract to publish": (
        "Read the log of the processing job. Out of memory: give extract_instance_type a larger instance."
    ),
    "Train k-NN": "Read the log of the training job. Out of memory: give index_instance_type a larger instance.",
    "Create k-NN model": "The role of the jobs must be able to read the artifact and to pull the k-NN image.",
    "Find neighbours": (
        "Read the log of the transform job. Out of memory or time: a larger transform_instance_type, or more of "
        "transform_instance_count."
    ),
    "Load recommendations": (
        "The message names the part. Redriving loads only parts that failed; writing a part twice is the same as once."
    ),
    "Load one part": (
        "The message names the row or the file. A row that is not proven, or a file with another SHA-256, was changed "
        "or mixed up on its way: start another run. If it is refused again, the k-NN job is not as topx expects."
    ),
    "Publish version": (
        "Receipts that are missing or wrong: start another run. A newer version is published already: nothing is to be "
        "done, readers have the newer lists."
    ),
    "Delete k-NN model": f"{_SERVED} Delete the model by hand, or leave it: a model that serves nothing costs nothing.",
    "Gather outcome": f"{_PAGE} Read the log of the function. Redrive the execution, or leave it to the next run.",
    "Draw outcome": (
        f"{_PAGE} Read the log of the processing job. Out of memory or disk: give extract_instance_type a larger "
        "instance in the next run. Redrive the execution, or leave it to the next run to tidy up."
    ),
    "Choose versions to retire": f"{_SERVED} The next run retires what this one did not.",
    "Anything to retire?": f"{_SERVED} {_ONLY_READS}",
    "Retire old versions": f"{_SERVED} What is retiring stays so, and the next run goes on deleting it.",
    "Retire one part": f"{_SERVED} Read the log of the function; deleting twice is the same as once.",
    "Record retirement": f"{_SERVED} The next run records it.",
    "Done": "Nothing: the new version is served.",
    "Look at failed job": "Read the log of the function, then redrive the execution: the job is tried again at once.",
    "Wait for SageMaker": "Nothing: the job is tried again by itself.",
    "Which job again?": _ONLY_READS,
}
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
        "Mend the input and start another run.",
    ),
    Entry(
        ("InputRefused",),
        "what lies under input/ cannot be used: missing, unreadable, or too many rows refused",
        "Mend the data, write dataset.json last, and start another run.",
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
        "Mend what the message names; permissions of jobs are in infra/job_role.py.",
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
        "Redrive the execution; if it comes again, give the function more in infra/functions.py.",
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
        "Read the log; redrive the execution once what the message names is mended.",
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


if __name__ == "__main__":
    print(f"{states_table()}\n\n{errors_table()}")
