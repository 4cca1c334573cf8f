"""The table of stages: one entry for each state of ``infra/workflow.asl.yaml``, in the order of that file.

The run's own stages are here, those after publishing in ``after_publishing.py``.

Derived from it: the functions and their permissions (``infra/``), the failure guide and docs/operate.md, docs/iam.md
and the data in docs/workflow.svg. The definition is a separate file, which tests compare with this table.
"""

from collections.abc import Iterable
from dataclasses import replace

from contract import run_layout
from sagemaker_contract.job_logs import log_group
from workflow.after_publishing import AFTER_PUBLISHING
from workflow.failed_job_stages import AGAIN, LOOK_AT_FAILED_JOB, WAIT_FOR_SAGEMAKER
from workflow.outside_functions import OUTSIDE_FUNCTIONS
from workflow.stage import (
    ANY_RUN,
    AsksAboutRuns,
    Call,
    Calls,
    CallsOnAnything,
    Each,
    Function,
    Grant,
    Job,
    JobKind,
    Reads,
    Stage,
    UsesTable,
    Writes,
)

START_AFTER_PUBLISHING, NOT_STARTED = "Start after publishing", "Notify about failed start"
_ONLY_READS = (
    "It only reads the execution's own state, so there is nothing to fix: redrive the execution, or start another run."
)
_START_IT = "Start the state machine AfterPublishing by hand, with the input of the state Start after publishing."
_TRAINING_LOGS = f"log-group:{log_group('Training')}:"
_EXTRACTED = (
    ANY_RUN.item_vectors,
    ANY_RUN.user_vectors,
    ANY_RUN.proofs,
    ANY_RUN.explanation,
    ANY_RUN.manifest,
    ANY_RUN.parts,
    ANY_RUN.item_ids,
    ANY_RUN.default_lists,
    ANY_RUN.evaluation,
)

# Invoked after each of the two factorization-machines trainings.
_READ_TRAINING_LOG = Function(
    "read_training_log",
    "stores the training loss of each epoch and refuses a training that diverged",
    may=(
        Calls(
            "FindLogOfTraining",
            "The log stream's name consists of the job's name, its host and the time.",
            ("logs:DescribeLogStreams",),
            (f"{_TRAINING_LOGS}*",),
        ),
        Calls(
            "ReadLogOfTraining",
            "The log has one line with the loss for each epoch.",
            ("logs:GetLogEvents",),
            tuple(f"{_TRAINING_LOGS}log-stream:{run_layout.job_names(base)}*" for base in ("fm", "rf")),
        ),
    ),
)


# A run leaves out their rows, and is refused if the set of forgotten users has changed when it is checked again.
WHO_WAS_FORGOTTEN = UsesTable(
    "SeeWhoWasForgotten",
    "Forgotten users get no lists.",
    ("dynamodb:Query",),
    "forgotten users",
)


def _losses(document: str) -> tuple[Grant, ...]:
    return (Writes("WriteLossByEpoch", "The losses, for the report.", (document,)),)


_LOAD_ONE_PART = Stage(
    "Load one part",
    Function(
        "load_part",
        "verifies a part's neighbours and writes its users' lists",
        may=(
            Reads(
                "ReadRun",
                "The part's users, the item ids, and the run's input.",
                (ANY_RUN.plan, ANY_RUN.item_ids, ANY_RUN.parts),
            ),
            Reads(
                "ReadNeighbours",
                "The transform's output, from which the lists are computed, and the vectors that verify them.",
                (ANY_RUN.neighbours, ANY_RUN.proofs),
            ),
            Writes(
                "WriteReceiptAndRecord",
                "A receipt records what was loaded; the lists are also stored as files.",
                (ANY_RUN.receipts, ANY_RUN.published_lists),
            ),
            UsesTable(
                "WriteLists",
                "The part's lists, without changing those of the current version.",
                ("dynamodb:BatchWriteItem",),
                "lists of the new version",
            ),
        ),
        # Neighbours are parsed line by line; the catalogue's ids and the part's users are in memory.
        minutes=15,
        memory_mb=2048,
    ),
    "The message names the row or the file. A row that fails verification, or a file with another SHA-256, was "
    "changed or mixed up: start another run. If that is refused, too, the k-NN job does not behave as topx expects.",
)

STAGES: tuple[Stage, ...] = (
    Stage(
        "Plan the run",
        Function(
            "plan_run",
            "checks a run's input and data, and writes its plan",
            may=(
                Reads(
                    "ReadDatasetAndPlan",
                    "dataset.json describes the input; an existing plan shows that the state is repeated.",
                    (run_layout.DATASET_KEY, run_layout.RULES_KEY, ANY_RUN.plan),
                ),
                UsesTable(
                    "FindPublishedVersion",
                    "The pointer names the current version, which model and data are compared with.",
                    ("dynamodb:GetItem",),
                    "the pointer, the version",
                ),
                WHO_WAS_FORGOTTEN,
                Reads(
                    "ReadPublishedVersionsSummary",
                    "The latest interaction of that version's data; the run ends if there is nothing newer.",
                    (ANY_RUN.summary,),
                ),
                Writes(
                    "WritePlanAndModelsChecked",
                    "The plan for all later states, the users whose rows are left out, and the marker of how far "
                    "models were cleaned up.",
                    (ANY_RUN.plan, ANY_RUN.forgotten, run_layout.MODELS_CHECKED_PREFIX),
                ),
                # "Actions, resources, and condition keys for Service Quotas".
                CallsOnAnything(
                    "ReadQuotas",
                    "A run that exceeds the account's quotas is refused at once; unchanged quotas may be listed only "
                    "among AWS's defaults.",
                    ("servicequotas:ListAWSDefaultServiceQuotas", "servicequotas:ListServiceQuotas"),
                ),
                # "Actions, resources, and condition keys for Amazon SageMaker AI".
                CallsOnAnything(
                    "FindModelsThatEarlierRunsLeft",
                    "A stopped run leaves its k-NN model behind.",
                    ("sagemaker:ListModels",),
                ),
                Calls(
                    "DeleteModelsThatEarlierRunsLeft",
                    "The next run deletes such models of this stack.",
                    ("sagemaker:DeleteModel",),
                    (f"model/{run_layout.job_names('nn')}*",),
                    only_own=True,
                ),
                AsksAboutRuns(
                    "SeeWhetherRunsAreOver",
                    "Leftovers of a run are deleted only after the run has ended.",
                    ("states:DescribeExecution",),
                ),
            ),
        ),
        "Fix the execution's input or the data under input/, or request an increase of the quota that the message "
        'names. A run with {"dry_run": true} checks all of this without starting a job.',
    ),
    Stage("Dry run?", advice=_ONLY_READS),
    Stage("Planned only", advice="Nothing: a dry run ends here."),
    Stage("Anything new?", advice=_ONLY_READS),
    Stage(
        "Nothing new",
        advice='Nothing: data, settings and code are those of the current version. To run anyway: {"force": true}.',
    ),
    Stage(
        "Prepare training data",
        Job(
            "processing-job",
            "pr",
            reads=(
                run_layout.INTERACTIONS_PREFIX,
                run_layout.USERS_PREFIX,
                run_layout.ITEMS_PREFIX,
                ANY_RUN.plan,
                ANY_RUN.forgotten,
            ),
            writes=(
                ANY_RUN.train,
                ANY_RUN.test,
                ANY_RUN.refit,
                ANY_RUN.index,
                ANY_RUN.summary,
                ANY_RUN.rejected,
            ),
        ),
        "Read the log of the processing job. Out of memory or disk: set a larger prepare_instance_type. If Spark "
        'fails: start another run with {"prepare_engine": "single"}.',
    ),
    Stage(
        "Plan training",
        Function(
            "plan_training",
            "reads prepare's summary and sets the size of the training",
            may=(
                Reads(
                    "ReadPlanAndSummary",
                    "The summary has the size of the data, and whether prepare refused it.",
                    (ANY_RUN.plan, ANY_RUN.summary),
                ),
                WHO_WAS_FORGOTTEN,
            ),
        ),
        "Check summary.json and rejected/ among the run's files: each rejected row is there with file, line and "
        "reason. Fix the data, or raise reject_limit in dataset.json.",
    ),
    Stage(
        "Train factorization machines",
        Job("training-job", "fm", reads=(ANY_RUN.train, ANY_RUN.test), writes=(ANY_RUN.fm_output,)),
        "Read the log of the training job. If the loss is NaN: lower the learning rates in hyperparameters. Out of "
        "memory: set a larger training_instance_type.",
    ),
    Stage(
        "Read training log",
        _READ_TRAINING_LOG,
        "Check the loss of each epoch in evaluation/training.json among the run's files. If it grows: lower the "
        "learning rates in hyperparameters.",
        may=_losses(ANY_RUN.training),
    ),
    Stage(
        "Extract vectors",
        Job(
            "processing-job",
            "ex",
            reads=(
                ANY_RUN.fm_output,
                ANY_RUN.index,
                ANY_RUN.plan,
                ANY_RUN.summary,
                ANY_RUN.evaluation,
                ANY_RUN.published_lists,
            ),
            writes=_EXTRACTED,
        ),
        "Read the log of the processing job. Out of memory: set a larger extract_instance_type.",
    ),
    Stage(
        "Check quality",
        Function(
            "check_quality",
            "compares the model with the gate",
            may=(
                Reads(
                    "ReadPlanAndMetrics",
                    "The plan has the gate, the metrics have the model's quality.",
                    (ANY_RUN.plan, ANY_RUN.metrics),
                ),
            ),
        ),
        "Check evaluation/metrics.json among the run's files. The previous state writes it.",
    ),
    Stage("Good enough?", advice=_ONLY_READS),
    Stage(
        "Quality too low",
        advice="Read the report: changed data is more likely than a bad recipe. Fix the data or the recipe, lower "
        'what the message names (gate.baseline, gate.champion), or publish anyway with {"gate": "off"}.',
    ),
    Stage("Refit?", advice=_ONLY_READS),
    Stage(
        "Train on everything",
        Job("training-job", "rf", reads=(ANY_RUN.refit,), writes=(ANY_RUN.fm_output,)),
        "As for Train factorization machines. The first model passed the gate: to publish one like it, start another "
        'run with {"refit": false}.',
    ),
    Stage(
        "Read refit log",
        _READ_TRAINING_LOG,
        "Check the loss of each epoch in evaluation/refit_training.json among the run's files. The first training "
        'with the same settings succeeded: start another run, or one with {"refit": false}.',
        may=_losses(ANY_RUN.refit_training),
    ),
    Stage(
        "Extract to publish",
        Job(
            "processing-job",
            "rx",
            reads=(ANY_RUN.fm_output, ANY_RUN.index, ANY_RUN.plan, ANY_RUN.summary, ANY_RUN.evaluation),
            writes=_EXTRACTED,
        ),
        "Read the log of the processing job. Out of memory: set a larger extract_instance_type.",
    ),
    Stage(
        "Train k-NN",
        Job("training-job", "nn", reads=(ANY_RUN.item_vectors,), writes=(ANY_RUN.knn_output,)),
        "Read the log of the training job. Out of memory: set a larger index_instance_type.",
    ),
    Stage(
        "Create k-NN model",
        Job("model", "nn", reads=(ANY_RUN.knn_output,)),
        "The job role must be able to read the artifact and to pull the k-NN image.",
    ),
    Stage(
        "Find neighbours",
        Job("transform-job", "tr", reads=(ANY_RUN.user_vectors,), writes=(ANY_RUN.neighbours,)),
        "Read the log of the transform job. Out of memory or time: set a larger transform_instance_type or "
        "transform_instance_count.",
    ),
    Stage(
        "Load recommendations",
        Each(ANY_RUN.manifest, _LOAD_ONE_PART),
        "The message names the part. Redriving loads only the parts that failed; writing a part again changes nothing.",
    ),
    Stage(
        "Publish version",
        Function(
            "publish_version",
            "requires every receipt, reads back a sample, moves the pointer",
            may=(
                Reads(
                    "ReadRun",
                    "Publishing requires a receipt for every part, and stores counts and metrics with the version.",
                    (
                        ANY_RUN.plan,
                        ANY_RUN.summary,
                        ANY_RUN.manifest,
                        ANY_RUN.metrics,
                        ANY_RUN.receipts,
                        ANY_RUN.default_lists,
                        ANY_RUN.published_lists,
                    ),
                ),
                UsesTable(
                    "ReadSampleAndPointer",
                    "Lists are read back before they are published, and the pointer before it is moved.",
                    ("dynamodb:GetItem",),
                    "a sample of lists, the pointer",
                ),
                WHO_WAS_FORGOTTEN,
                UsesTable(
                    "RecordVersionAndMovePointer",
                    "The default lists are added to those of the parts; then one transaction records the version and "
                    "moves the pointer.",
                    ("dynamodb:PutItem", "dynamodb:UpdateItem"),
                    "default lists, the version, the pointer",
                ),
            ),
            minutes=9,
        ),
        "Receipts that are missing or wrong: start another run. If a newer version is already published, do nothing: "
        "readers get the newer lists.",
    ),
    Stage(
        START_AFTER_PUBLISHING,
        Call("states:startExecution"),
        _START_IT,
        left="its outcome, its page and the cleanup remain",
    ),
    Stage(
        NOT_STARTED,
        Call("sns:publish"),
        _START_IT,
        left="its outcome, its page and the cleanup remain",
    ),
    Stage("Served", advice="Nothing: the new version is published."),
    LOOK_AT_FAILED_JOB,
    WAIT_FOR_SAGEMAKER,
    Stage(AGAIN, advice=_ONLY_READS),
)

EVERY_STAGE: tuple[Stage, ...] = tuple(
    dict.fromkeys(inner for stage in (*STAGES, *AFTER_PUBLISHING) for inner in stage.with_inner())
)
"""The stages of both state machines, including those inside Maps; a stage in both appears once."""


def _together(first: Grant, second: Grant) -> Grant:
    """Merges two statements with the same name: their objects are united."""
    if isinstance(first, Reads | Writes) and isinstance(second, Reads | Writes):
        return replace(first, keys=tuple(dict.fromkeys((*first.keys, *second.keys))))
    return first


def _functions() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for function in (*(stage.function for stage in EVERY_STAGE), *OUTSIDE_FUNCTIONS):
        if function:
            may: dict[str, Grant] = {}
            for grant in (*found.get(function.name, function).may, *function.may):
                may[grant.sid] = _together(may.get(grant.sid, grant), grant)
            found[function.name] = replace(function, may=tuple(may.values()))
    return found


FUNCTIONS: dict[str, Function] = _functions()
"""Each Lambda function by name, with its permissions for all states that invoke it."""


def called(stages: Iterable[Stage]) -> tuple[Function, ...]:
    """The functions that a state machine with these stages invokes."""
    every = (inner for stage in stages for inner in stage.with_inner())
    return tuple(FUNCTIONS[name] for name in dict.fromkeys(stage.function.name for stage in every if stage.function))


def bases(kind: JobKind, stages: Iterable[Stage]) -> tuple[str, ...]:
    """The name prefixes of the jobs of a kind, in a state machine with these stages."""
    jobs = [stage.does for stage in stages if isinstance(stage.does, Job)]
    return tuple(dict.fromkeys(job.base for job in jobs if job.kind == kind))
