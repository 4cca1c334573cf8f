"""The table of stages: one entry for each state of ``infra/workflow.asl.yaml``, in the order of that file.

Those of the run are here, those of what comes after it in ``after_publishing.py``.

From it come the functions and what they may do (``infra/``), the failure guide and docs/operate.md, docs/iam.md and the
data in docs/workflow.svg. The definition itself is a file of its own, which tests hold beside this table.
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

START_AFTER_PUBLISHING, NOT_STARTED = "Start after publishing", "Tell that it did not start"
_ONLY_READS = (
    "It only reads the run's own state, so there is nothing to fix: redrive the execution, or start another run."
)
_START_IT = "Start the state machine of what comes after publishing, with the input that Start after publishing had."
_TRAINING_LOGS = f"log-group:{log_group('Training')}:"
_EXTRACTED = (
    ANY_RUN.item_vectors,
    ANY_RUN.user_vectors,
    ANY_RUN.proofs,
    ANY_RUN.manifest,
    ANY_RUN.parts,
    ANY_RUN.item_ids,
    ANY_RUN.default_lists,
    ANY_RUN.evaluation,
)

# Called by a state after each of the two trainings of factorization machines.
_READ_TRAINING_LOG = Function(
    "read_training_log",
    "keeps the training's loss by epoch and refuses a diverged one",
    may=(
        Calls(
            "FindLogOfTraining",
            "A job's log stream is named by the job, its host and the time.",
            ("logs:DescribeLogStreams",),
            (f"{_TRAINING_LOGS}*",),
        ),
        Calls(
            "ReadLogOfTraining",
            "The loss of each epoch is a line of the log.",
            ("logs:GetLogEvents",),
            tuple(f"{_TRAINING_LOGS}log-stream:{run_layout.job_names(base)}*" for base in ("fm", "rf")),
        ),
    ),
)


# A run leaves their rows out, and is refused if there are others by the time that they are looked at again.
WHO_WAS_FORGOTTEN = UsesTable(
    "SeeWhoWasForgotten",
    "No list is made of a user who was forgotten.",
    ("dynamodb:Query",),
    "who was forgotten",
)


def _losses(document: str) -> tuple[Grant, ...]:
    return (Writes("WriteLossByEpoch", "The losses, for the report.", (document,)),)


_LOAD_ONE_PART = Stage(
    "Load one part",
    Function(
        "load_part",
        "proves a part's neighbours and writes its users' lists",
        may=(
            Reads(
                "ReadRun",
                "Which users a part has, the items' ids, and what was asked.",
                (ANY_RUN.plan, ANY_RUN.item_ids, ANY_RUN.parts),
            ),
            Reads(
                "ReadNeighbours",
                "The transform's answers, from which the lists are made, and the vectors that prove them.",
                (ANY_RUN.neighbours, ANY_RUN.proofs),
            ),
            Writes(
                "WriteReceiptAndRecord",
                "A receipt says what was loaded; the lists are kept as files, too.",
                (ANY_RUN.receipts, ANY_RUN.published_lists),
            ),
            UsesTable(
                "WriteLists",
                "The part's lists, beside those of the current version.",
                ("dynamodb:BatchWriteItem",),
                "lists, beside those served",
            ),
        ),
        # A part's neighbours are parsed line by line; the catalogue's ids and the part's users are in memory.
        minutes=15,
        memory_mb=2048,
    ),
    "The message names the row or the file. A row that is not proven, or a file with another SHA-256, was changed "
    "or mixed up on its way: start another run. If it is refused again, the k-NN job is not as topx expects.",
)

STAGES: tuple[Stage, ...] = (
    Stage(
        "Plan the run",
        Function(
            "plan_run",
            "checks a run's input and data and writes its plan",
            may=(
                Reads(
                    "ReadDatasetAndPlan",
                    "dataset.json describes the input; a plan that is there already shows that the state is repeated.",
                    (run_layout.DATASET_KEY, run_layout.RULES_KEY, ANY_RUN.plan),
                ),
                UsesTable(
                    "FindPublishedVersion",
                    "Model and data are compared with the version that is published: the pointer says which that is.",
                    ("dynamodb:GetItem",),
                    "the pointer, the version",
                ),
                WHO_WAS_FORGOTTEN,
                Reads(
                    "ReadPublishedVersionsSummary",
                    "How far that version's data goes: what is later was unknown to it. If nothing is, the run ends.",
                    (ANY_RUN.summary,),
                ),
                Writes(
                    "WritePlanAndSweptMark",
                    "The plan that every later state follows, whose rows are left out, and the mark of how far models "
                    "were swept.",
                    (ANY_RUN.plan, ANY_RUN.forgotten, run_layout.SWEPT_PREFIX),
                ),
                # "Actions, resources, and condition keys for Service Quotas".
                CallsOnAnything(
                    "ReadQuotas",
                    "A run that the account's quotas cannot hold is refused at once; those that nobody has changed may "
                    "be listed among AWS's defaults alone.",
                    ("servicequotas:ListAWSDefaultServiceQuotas", "servicequotas:ListServiceQuotas"),
                ),
                # "Actions, resources, and condition keys for Amazon SageMaker AI".
                CallsOnAnything(
                    "FindModelsThatEarlierRunsLeft",
                    "A run that was stopped leaves its k-NN model behind.",
                    ("sagemaker:ListModels",),
                ),
                Calls(
                    "DeleteModelsThatEarlierRunsLeft",
                    "The next run deletes such models, of this stack alone.",
                    ("sagemaker:DeleteModel",),
                    (f"model/{run_layout.job_names('nn')}*",),
                    only_own=True,
                ),
                AsksAboutRuns(
                    "SeeWhetherRunsAreOver",
                    "What a run left is cleared away only when the run is over.",
                    ("states:DescribeExecution",),
                ),
            ),
        ),
        "Fix the execution's input or the data under input/, or have the quota raised that the message names. A run "
        'with {"dry_run": true} checks all of it, without a job.',
    ),
    Stage("Dry run?", advice=_ONLY_READS),
    Stage("Planned only", advice="Nothing: a dry run ends here."),
    Stage("Anything new?", advice=_ONLY_READS),
    Stage(
        "Nothing new",
        advice="Nothing: data, settings and code are those of the version that is served. "
        'To run all the same: {"force": true}.',
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
        "Read the log of the processing job. Out of memory or disk: give prepare_instance_type a larger instance.",
    ),
    Stage(
        "Plan training",
        Function(
            "plan_training",
            "reads prepare's summary and sizes the training",
            may=(
                Reads(
                    "ReadPlanAndSummary",
                    "How large the data is, and whether prepare refused it, is in its summary.",
                    (ANY_RUN.plan, ANY_RUN.summary),
                ),
                WHO_WAS_FORGOTTEN,
            ),
        ),
        "Look at summary.json and rejected/ among the run's files: each refused row is there with file, line and "
        "reason. Fix the data, or raise reject_limit in dataset.json.",
    ),
    Stage(
        "Train factorization machines",
        Job("training-job", "fm", reads=(ANY_RUN.train, ANY_RUN.test), writes=(ANY_RUN.fm_output,)),
        "Read the log of the training job. A loss that is no number: lower the learning rates in hyperparameters. "
        "Out of memory: give training_instance_type a larger instance.",
    ),
    Stage(
        "Read training log",
        _READ_TRAINING_LOG,
        "Look at evaluation/training.json among the run's files: the loss of each epoch. A loss that grows: lower the "
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
        "Read the log of the processing job. Out of memory: give extract_instance_type a larger instance.",
    ),
    Stage(
        "Check quality",
        Function(
            "check_quality",
            "holds the model beside the gate",
            may=(
                Reads(
                    "ReadPlanAndMetrics",
                    "The gate is in the plan, the model's quality among the metrics.",
                    (ANY_RUN.plan, ANY_RUN.metrics),
                ),
            ),
        ),
        "Look at evaluation/metrics.json among the run's files. It is written by the state before.",
    ),
    Stage("Good enough?", advice=_ONLY_READS),
    Stage(
        "Quality too low",
        advice="Look at the report: data that changed is likelier than a recipe gone bad. Fix the data or the recipe; "
        'lower what the message names (gate.baseline, gate.champion), or publish all the same with {"gate": "off"}.',
    ),
    Stage("Refit?", advice=_ONLY_READS),
    Stage(
        "Train on everything",
        Job("training-job", "rf", reads=(ANY_RUN.refit,), writes=(ANY_RUN.fm_output,)),
        "As for Train factorization machines. The model before it has passed the gate: to publish one like it, start "
        'another run with {"refit": false}.',
    ),
    Stage(
        "Read refit log",
        _READ_TRAINING_LOG,
        "Look at evaluation/refit_training.json among the run's files: the loss of each epoch. The first training with "
        'the same settings went well: start another run, or one with {"refit": false}.',
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
        "Read the log of the processing job. Out of memory: give extract_instance_type a larger instance.",
    ),
    Stage(
        "Train k-NN",
        Job("training-job", "nn", reads=(ANY_RUN.item_vectors,), writes=(ANY_RUN.knn_output,)),
        "Read the log of the training job. Out of memory: give index_instance_type a larger instance.",
    ),
    Stage(
        "Create k-NN model",
        Job("model", "nn", reads=(ANY_RUN.knn_output,)),
        "The role of the jobs must be able to read the artifact and to pull the k-NN image.",
    ),
    Stage(
        "Find neighbours",
        Job("transform-job", "tr", reads=(ANY_RUN.user_vectors,), writes=(ANY_RUN.neighbours,)),
        "Read the log of the transform job. Out of memory or time: a larger transform_instance_type, or more of "
        "transform_instance_count.",
    ),
    Stage(
        "Load recommendations",
        Each(ANY_RUN.manifest, _LOAD_ONE_PART),
        "The message names the part. Redriving loads only parts that failed; writing a part twice is the same as once.",
    ),
    Stage(
        "Publish version",
        Function(
            "publish_version",
            "wants every receipt, reads a sample back, moves the pointer",
            may=(
                Reads(
                    "ReadRun",
                    "Publishing wants a receipt for every part, and keeps counts and metrics with the version.",
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
                    "Lists are read back before anybody is given them, and the pointer before it is moved.",
                    ("dynamodb:GetItem",),
                    "a sample of lists, the pointer",
                ),
                WHO_WAS_FORGOTTEN,
                UsesTable(
                    "RecordVersionAndMovePointer",
                    "The lists for unknown users are put beside those of the parts; then one transaction records the "
                    "version and moves the pointer.",
                    ("dynamodb:PutItem", "dynamodb:UpdateItem"),
                    "default lists, the version, the pointer",
                ),
            ),
            minutes=9,
        ),
        "Receipts that are missing or wrong: start another run. A newer version is published already: nothing is to be "
        "done, readers have the newer lists.",
    ),
    Stage(
        START_AFTER_PUBLISHING,
        Call("states:startExecution"),
        _START_IT,
        left="its outcome, its page and tidying up are left",
    ),
    Stage(
        NOT_STARTED,
        Call("sns:publish"),
        _START_IT,
        left="its outcome, its page and tidying up are left",
    ),
    Stage("Served", advice="Nothing: the new version is served."),
    LOOK_AT_FAILED_JOB,
    WAIT_FOR_SAGEMAKER,
    Stage(AGAIN, advice=_ONLY_READS),
)

EVERY_STAGE: tuple[Stage, ...] = tuple(
    dict.fromkeys(inner for stage in (*STAGES, *AFTER_PUBLISHING) for inner in stage.with_inner())
)
"""Those of both state machines, and those inside Maps too; what both have is here once."""


def _together(first: Grant, second: Grant) -> Grant:
    """One statement of two of the same name: about the objects of both."""
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
"""Each Lambda function by its name, with what it may do for all states that call it."""


def called(stages: Iterable[Stage]) -> tuple[Function, ...]:
    """The functions that a state machine of these stages calls."""
    every = (inner for stage in stages for inner in stage.with_inner())
    return tuple(FUNCTIONS[name] for name in dict.fromkeys(stage.function.name for stage in every if stage.function))


def bases(kind: JobKind, stages: Iterable[Stage]) -> tuple[str, ...]:
    """What the names of the jobs of a kind begin with, in a state machine of these stages."""
    jobs = [stage.does for stage in stages if isinstance(stage.does, Job)]
    return tuple(dict.fromkeys(job.base for job in jobs if job.kind == kind))
