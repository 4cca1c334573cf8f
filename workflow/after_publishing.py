"""The stages after publishing. They are a separate state machine, so that a failed run always means "not published"."""

from contract.run_layout import MODELS_CHECKED_PREFIX
from workflow.failed_job_stages import LOOK_AT_FAILED_JOB, WAIT_FOR_SAGEMAKER
from workflow.stage import (
    ANY_RUN,
    AsksAboutRuns,
    Calls,
    Deletes,
    Each,
    Function,
    Job,
    Reads,
    Stage,
    UsesTable,
    Writes,
)

_ONLY_READS = "It only reads the execution's own state, so there is nothing to fix: redrive the execution."
_CLEANUP = "the cleanup remains"
_PAGE = "its page and the cleanup remain"
_GROUP, _PACKAGES = "model-package-group/{model_package_group}", "model-package/{model_package_group}/*"

_RETIRE_ONE_PART = Stage(
    "Retire one part",
    Function(
        "retire_part",
        "deletes one part of a retiring version",
        may=(
            Reads("ReadPart", "The users whose lists are deleted.", (ANY_RUN.parts,)),
            Reads("ReadArchive", "The same, if the part's own file is missing.", (ANY_RUN.published_lists,)),
            Writes(
                "WriteWhatRemains",
                "What could not be deleted, because its users are no longer known.",
                (ANY_RUN.lists_left,),
            ),
            UsesTable(
                "ReadPointer", "Lists of the current version are never deleted.", ("dynamodb:GetItem",), "the pointer"
            ),
            UsesTable("DeleteLists", "The retiring version's lists.", ("dynamodb:BatchWriteItem",), "lists: deleted"),
        ),
        minutes=15,
        memory_mb=1024,
    ),
    "Read the log of the function; deleting again changes nothing.",
    left=_CLEANUP,
)

AFTER_PUBLISHING: tuple[Stage, ...] = (
    Stage(
        "Write outcome",
        Function(
            "write_outcome",
            "records what was published and how good it is",
            may=(
                Reads(
                    "ReadRun",
                    "The outcome has counts and metrics together with the run's input.",
                    (ANY_RUN.plan, ANY_RUN.summary, ANY_RUN.manifest, ANY_RUN.metrics, ANY_RUN.receipts),
                ),
                Writes("WriteOutcome", "What was published, when, and how good it is.", (ANY_RUN.outcome,)),
                UsesTable(
                    "ReadVersion",
                    "Whether the version is published, and since when.",
                    ("dynamodb:GetItem",),
                    "the version",
                ),
            ),
        ),
        "Read the log of the function, then redrive the execution.",
        left="its outcome, its page and the cleanup remain",
    ),
    Stage(
        "Register version",
        Function(
            "register_version",
            "registers what was published in the Model Registry",
            may=(
                Reads(
                    "ReadRun",
                    "What was published, how good it is, and k-NN's model.",
                    (ANY_RUN.plan, ANY_RUN.outcome, ANY_RUN.metrics, ANY_RUN.knn_output),
                ),
                Writes(
                    "KeepModel",
                    "The model is kept for the package, whose ARN is recorded in the outcome.",
                    (ANY_RUN.registered_model, ANY_RUN.outcome),
                ),
                Calls(
                    "MakeGroup",
                    "The first version creates the group, with the stack's tags.",
                    ("sagemaker:AddTags", "sagemaker:CreateModelPackageGroup"),
                    (_GROUP,),
                ),
                Calls(
                    "RegisterOnce",
                    "A version is registered only once.",
                    ("sagemaker:CreateModelPackage", "sagemaker:ListModelPackages"),
                    (_GROUP, _PACKAGES),
                ),
            ),
            minutes=9,
            only_with="model_package_group",
        ),
        "Read the log of the function, then redrive the execution: repeating it registers a version only once. If "
        "SageMaker declines, outcome.json has a warning instead.",
        left="its registration, its page and the cleanup remain",
    ),
    Stage(
        "Delete k-NN model",
        Job("model", "nn", deletes=True),
        "Delete the model by hand, or leave it: an unused model costs nothing.",
        left=_CLEANUP,
    ),
    Stage(
        "Gather times and costs",
        Function(
            "gather_outcome",
            "reads a run's times and costs from its history",
            may=(
                Reads(
                    "ReadPlanAndOutcome",
                    "The plan names the execution; warnings are added to the outcome.",
                    (ANY_RUN.plan, ANY_RUN.outcome),
                ),
                Writes(
                    "WriteFactsAndWarnings",
                    "Times and costs for the outcome page, and what could not be deleted.",
                    (ANY_RUN.facts, ANY_RUN.outcome),
                ),
                AsksAboutRuns(
                    "ReadHistory",
                    "The history has the duration of each state and each job's request.",
                    ("states:GetExecutionHistory",),
                ),
            ),
        ),
        "Read the log of the function. Redrive the execution, or leave it to the next run.",
        left=_PAGE,
    ),
    Stage(
        "Draw outcome page",
        Job(
            "processing-job",
            "oc",
            reads=(
                ANY_RUN.plan,
                ANY_RUN.summary,
                ANY_RUN.evaluation,
                ANY_RUN.outcome,
                ANY_RUN.facts,
                ANY_RUN.items,
                ANY_RUN.published_lists,
            ),
            writes=(ANY_RUN.outcome_page,),
        ),
        "Read the log of the processing job. Out of memory or disk: set a larger extract_instance_type in the next "
        "run. Redrive the execution, or leave the cleanup to the next run.",
        left=_PAGE,
    ),
    Stage(
        "Choose versions to retire",
        Function(
            "choose_retirement",
            "marks the versions to retire and writes their parts",
            may=(
                Reads(
                    "ReadRuns",
                    "The parts of the versions to retire, and of runs that never published.",
                    (ANY_RUN.plan, ANY_RUN.manifest),
                ),
                Writes("WriteRetirement", "The list of parts that the Map iterates over.", (ANY_RUN.retirement,)),
                UsesTable(
                    "ReadVersions",
                    "All versions, and which one is current.",
                    ("dynamodb:Query",),
                    "versions",
                ),
                UsesTable(
                    "MarkRetiringUnlessCurrent",
                    "A version is marked in one transaction that fails if it is the current one.",
                    ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
                    "versions: retiring",
                ),
                AsksAboutRuns(
                    "SeeWhetherRunsAreOver",
                    "Leftovers of a run are deleted only after the run has ended.",
                    ("states:DescribeExecution",),
                ),
            ),
            minutes=9,
        ),
        "The next run retires what this one did not.",
        left=_CLEANUP,
    ),
    Stage("Anything to retire?", advice=_ONLY_READS, left=_CLEANUP),
    Stage(
        "Retire old versions",
        Each(ANY_RUN.retirement, _RETIRE_ONE_PART),
        "Versions that are being retired stay marked, and the next run continues to delete them.",
        left=_CLEANUP,
    ),
    Stage(
        "Record retirement",
        Function(
            "record_retirement",
            "records that versions are retired",
            may=(
                Reads(
                    "ReadRetirement",
                    "The retired versions, what remains of them, and their default lists.",
                    (ANY_RUN.retirement, ANY_RUN.default_lists, ANY_RUN.lists_left, ANY_RUN.outcome),
                ),
                Writes(
                    "AddWarnings",
                    "What remains in the table becomes a warning in the outcome.",
                    (ANY_RUN.outcome,),
                ),
                UsesTable(
                    "DeleteDefaultLists",
                    "The retiring version's default lists, which belong to no part.",
                    ("dynamodb:BatchWriteItem",),
                    "default lists: deleted",
                ),
                UsesTable("ReadPointer", "The current version is never retired.", ("dynamodb:GetItem",), "the pointer"),
                UsesTable(
                    "RecordRetired",
                    "Their records say that their lists are deleted.",
                    ("dynamodb:UpdateItem",),
                    "versions: retired",
                ),
            ),
        ),
        "The next run records it.",
        left=_CLEANUP,
    ),
    Stage(
        "Delete old runs",
        Function(
            "delete_old_runs",
            "deletes the files of old runs",
            may=(
                UsesTable(
                    "ReadVersions",
                    "A run whose version is kept keeps its files.",
                    ("dynamodb:Query",),
                    "versions",
                ),
                Deletes(
                    "DeleteRuns",
                    "The files of runs that are older than keep_runs_days and no longer have lists.",
                    (ANY_RUN.run, ANY_RUN.scratch, MODELS_CHECKED_PREFIX),
                ),
            ),
            minutes=9,
        ),
        "The next run deletes what this one did not.",
        left=_CLEANUP,
    ),
    Stage("Tidied up", advice="Nothing: everything is done."),
    LOOK_AT_FAILED_JOB,
    WAIT_FOR_SAGEMAKER,
)
