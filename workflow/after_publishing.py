"""The stages behind publishing. They are a state machine of their own, so that a red run is one that is not served."""

from contract.run_layout import SWEPT_PREFIX
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
_TIDYING = "tidying up is left"
_PAGE = "its page and tidying up are left"
_GROUP, _PACKAGES = "model-package-group/{model_package_group}", "model-package/{model_package_group}/*"

_RETIRE_ONE_PART = Stage(
    "Retire one part",
    Function(
        "retire_part",
        "deletes one part of a retiring version",
        may=(
            Reads("ReadPart", "Which users' lists are to be deleted.", (ANY_RUN.parts,)),
            Reads("ReadArchive", "The same, where the part's own file is lost.", (ANY_RUN.published_lists,)),
            Writes(
                "WriteWhatStays",
                "What could not be deleted, because nobody knows the users any more.",
                (ANY_RUN.untidied,),
            ),
            UsesTable(
                "ReadPointer", "The current version is never deleted from.", ("dynamodb:GetItem",), "the pointer"
            ),
            UsesTable("DeleteLists", "The retiring version's lists.", ("dynamodb:BatchWriteItem",), "lists: deleted"),
        ),
        minutes=15,
        memory_mb=1024,
    ),
    "Read the log of the function; deleting twice is the same as once.",
    left=_TIDYING,
)

AFTER_PUBLISHING: tuple[Stage, ...] = (
    Stage(
        "Write outcome",
        Function(
            "write_outcome",
            "writes what was published and how good it is",
            may=(
                Reads(
                    "ReadRun",
                    "The outcome keeps counts and metrics with what was asked for.",
                    (ANY_RUN.plan, ANY_RUN.summary, ANY_RUN.manifest, ANY_RUN.metrics, ANY_RUN.receipts),
                ),
                Writes("WriteOutcome", "What was published, when, and how good it is.", (ANY_RUN.outcome,)),
                UsesTable(
                    "ReadVersion",
                    "Only of a version that is published, and when it was.",
                    ("dynamodb:GetItem",),
                    "the version",
                ),
            ),
        ),
        "Read the log of the function, then redrive the execution.",
        left="its outcome, its page and tidying up are left",
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
                    "The model is kept for the package, whose ARN is put into the outcome.",
                    (ANY_RUN.registered_model, ANY_RUN.outcome),
                ),
                Calls(
                    "MakeGroup",
                    "The group is made with the first version, with the stack's tags.",
                    ("sagemaker:AddTags", "sagemaker:CreateModelPackageGroup"),
                    (_GROUP,),
                ),
                Calls(
                    "RegisterOnce",
                    "A version is registered unless it is registered already.",
                    ("sagemaker:CreateModelPackage", "sagemaker:ListModelPackages"),
                    (_GROUP, _PACKAGES),
                ),
            ),
            minutes=9,
            only_with="model_package_group",
        ),
        "Read the log of the function, then redrive the execution: a version is registered once, however often that is "
        "done. What SageMaker declines is a warning in outcome.json instead.",
        left="its registration, its page and tidying up are left",
    ),
    Stage(
        "Delete k-NN model",
        Job("model", "nn", deletes=True),
        "Delete the model by hand, or leave it: a model that serves nothing costs nothing.",
        left=_TIDYING,
    ),
    Stage(
        "Gather times and costs",
        Function(
            "gather_outcome",
            "gathers what a run took, by its history",
            may=(
                Reads(
                    "ReadPlanAndOutcome",
                    "The plan names the execution; the outcome's warnings are added to.",
                    (ANY_RUN.plan, ANY_RUN.outcome),
                ),
                Writes(
                    "WriteFactsAndWarnings",
                    "What the run took, for the page that is drawn next, and what it could not tidy up.",
                    (ANY_RUN.facts, ANY_RUN.outcome),
                ),
                AsksAboutRuns(
                    "ReadHistory",
                    "The history of the run tells how long each state took, and what each job was.",
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
        "Read the log of the processing job. Out of memory or disk: give extract_instance_type a larger instance in "
        "the next run. Redrive the execution, or leave it to the next run to tidy up.",
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
                    "The parts of the versions to retire, and whose run left what was never published.",
                    (ANY_RUN.plan, ANY_RUN.manifest),
                ),
                Writes("WriteRetirement", "The list of parts over which the Map goes.", (ANY_RUN.retirement,)),
                UsesTable(
                    "ReadVersions",
                    "Which versions there are, and which is served.",
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
                    "What a run left is cleared away only when the run is over.",
                    ("states:DescribeExecution",),
                ),
            ),
            minutes=9,
        ),
        "The next run retires what this one did not.",
        left=_TIDYING,
    ),
    Stage("Anything to retire?", advice=_ONLY_READS, left=_TIDYING),
    Stage(
        "Retire old versions",
        Each(ANY_RUN.retirement, _RETIRE_ONE_PART),
        "What is retiring stays so, and the next run goes on deleting it.",
        left=_TIDYING,
    ),
    Stage(
        "Record retirement",
        Function(
            "record_retirement",
            "records that retired versions are gone",
            may=(
                Reads(
                    "ReadRetirement",
                    "Which versions were retired, what stays of them, and which lists for unknown users they had.",
                    (ANY_RUN.retirement, ANY_RUN.default_lists, ANY_RUN.untidied, ANY_RUN.outcome),
                ),
                Writes(
                    "AddWarnings",
                    "What stays of them in the table is warned of with the outcome.",
                    (ANY_RUN.outcome,),
                ),
                UsesTable(
                    "DeleteDefaultLists",
                    "The retiring version's lists for unknown users, which belong to no part.",
                    ("dynamodb:BatchWriteItem",),
                    "default lists: deleted",
                ),
                UsesTable("ReadPointer", "The current version is never retired.", ("dynamodb:GetItem",), "the pointer"),
                UsesTable(
                    "RecordRetired",
                    "Their records say that their lists are gone.",
                    ("dynamodb:UpdateItem",),
                    "versions: retired",
                ),
            ),
        ),
        "The next run records it.",
        left=_TIDYING,
    ),
    Stage(
        "Delete old runs",
        Function(
            "delete_old_runs",
            "deletes what old runs have left in the bucket",
            may=(
                UsesTable(
                    "ReadVersions",
                    "A run whose version is kept keeps its files.",
                    ("dynamodb:Query",),
                    "versions",
                ),
                Deletes(
                    "DeleteRuns",
                    "What runs have left that are older than keep_runs_days and have no lists any more.",
                    (ANY_RUN.run, ANY_RUN.scratch, SWEPT_PREFIX),
                ),
            ),
            minutes=9,
        ),
        "The next run deletes what this one did not.",
        left=_TIDYING,
    ),
    Stage("Tidied up", advice="Nothing: all is done."),
    LOOK_AT_FAILED_JOB,
    WAIT_FOR_SAGEMAKER,
)
