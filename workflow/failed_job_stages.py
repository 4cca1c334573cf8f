"""The stages with which both state machines handle a failed job. A run without failures does not enter them."""

from workflow.stage import Function, Stage

LOOK, WAIT, AGAIN = "Look at failed job", "Wait for SageMaker", "Which job to retry?"
DETOUR = frozenset({LOOK, WAIT, AGAIN})

LOOK_AT_FAILED_JOB = Stage(
    LOOK,
    # Its event has all the data that it needs.
    Function("look_at_failed_job", "decides whether a failed job is retried"),
    "Read the log of the function, then redrive the execution: the job is tried again at once.",
)
WAIT_FOR_SAGEMAKER = Stage(WAIT, advice="Nothing: the job is retried automatically.")
