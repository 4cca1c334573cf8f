"""What each Lambda may do, and why. Nothing is shared: a statement that one function needs, only that one has."""

from aws_cdk import ArnFormat, Stack

from contract import run_layout
from infra.statements import Permission, allow, allow_on_anything
from infra.storage import Storage
from infra.workflow_role import MODEL_STAGE, TRAINING_STAGES, sagemaker_arns
from sagemaker_contract.job_logs import log_group

_RUN = f"{run_layout.RUNS_PREFIX}*"


def statements(storage: Storage) -> dict[str, list[Permission]]:
    """Each function's statements, by the function's name; with a customer's key, the use of that too."""
    return {name: [*needed, *_use_of_key(storage, needed)] for name, needed in _by_function(storage).items()}


def _use_of_key(storage: Storage, needed: list[Permission]) -> list[Permission]:
    writes = any("s3:PutObject" in statement.actions for statement in needed)
    return storage.use_of_key(["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])])


def _by_function(storage: Storage) -> dict[str, list[Permission]]:
    """Each function's statements without a customer's key.

    DynamoDB checks a transaction by the actions in it: PutItem, UpdateItem, ConditionCheckItem.
    """
    table = [storage.table.table_arn]
    return {
        "plan_run": [
            _find(storage),
            allow(
                "ReadDatasetAndPlan",
                "dataset.json describes the input; a plan that is there already shows that the state is repeated.",
                ["s3:GetObject"],
                storage.objects(run_layout.DATASET_KEY, run_layout.RULES_KEY, f"{_RUN}/plan.json"),
            ),
            allow(
                "FindPublishedVersion",
                "The model is compared with the version that is published: the pointer says which that is.",
                ["dynamodb:GetItem"],
                table,
            ),
            allow(
                "ReadPublishedVersionsSummary",
                "How far that version's data goes: what is later was unknown to it.",
                ["s3:GetObject"],
                _run(storage, "summary.json"),
            ),
            allow(
                "WritePlanAndSweptMark",
                "The plan that every later state follows, and the mark of how far models were swept.",
                ["s3:PutObject"],
                storage.objects(f"{_RUN}/plan.json", f"{run_layout.SWEPT_PREFIX}*"),
            ),
            # ListModels knows no resource ("Actions, resources, and condition keys for Amazon SageMaker AI").
            allow_on_anything(
                "FindModelsThatEarlierRunsLeft",
                "A run that was stopped leaves its k-NN model behind.",
                ["sagemaker:ListModels"],
            ),
            allow(
                "DeleteModelsThatEarlierRunsLeft",
                "The next run deletes such models; only topx's own begin so.",
                ["sagemaker:DeleteModel"],
                sagemaker_arns(storage, "model", [MODEL_STAGE]),
            ),
        ],
        "plan_training": [
            _find(storage),
            allow(
                "ReadPlanAndSummary",
                "How large the data is, and whether prepare refused it, is in its summary.",
                ["s3:GetObject"],
                _run(storage, "plan.json", "summary.json"),
            ),
        ],
        "read_training_log": [
            allow(
                "FindLogOfTraining",
                "A job's log stream is named by the job, its host and the time.",
                ["logs:DescribeLogStreams"],
                [_training_logs(storage, "*")],
            ),
            allow(
                "ReadLogOfTraining",
                "The loss of each epoch is a line of the log.",
                ["logs:GetLogEvents"],
                [_training_logs(storage, f"log-stream:{stage}-*") for stage in TRAINING_STAGES],
            ),
            allow(
                "WriteLossByEpoch",
                "The losses, for the report.",
                ["s3:PutObject"],
                _run(storage, "evaluation/training.json", "evaluation/refit_training.json"),
            ),
        ],
        "check_quality": [
            _find(storage),
            allow(
                "ReadPlanAndMetrics",
                "The gate is in the plan, the model's quality among the metrics.",
                ["s3:GetObject"],
                _run(storage, "plan.json", "evaluation/metrics.json"),
            ),
        ],
        "load_part": [
            _find(storage),
            allow(
                "ReadRun",
                "Which users a part has, the items' ids, and what was asked.",
                ["s3:GetObject"],
                _run(storage, "plan.json", "item_ids.jsonl.gz", "parts/*"),
            ),
            allow(
                "ReadNeighbours",
                "The transform's answers, from which the lists are made, and the vectors that prove them.",
                ["s3:GetObject"],
                storage.objects(
                    f"{run_layout.SCRATCH_PREFIX}*/neighbours/*", f"{run_layout.SCRATCH_PREFIX}*/vectors/proofs/*"
                ),
            ),
            allow(
                "WriteReceiptAndRecord",
                "A receipt says what was loaded; the lists are kept as files, too.",
                ["s3:PutObject"],
                _run(storage, "loaded/*", "recommendations/*"),
            ),
            allow(
                "WriteLists",
                "The part's lists, beside those of the current version.",
                ["dynamodb:BatchWriteItem"],
                table,
            ),
        ],
        "publish_version": [
            _find(storage),
            allow(
                "ReadRun",
                "Publishing wants a receipt for every part, and keeps counts and metrics with the version.",
                ["s3:GetObject"],
                _run(
                    storage,
                    "plan.json",
                    "summary.json",
                    "parts.json",
                    "default_lists.json",
                    "evaluation/metrics.json",
                    "loaded/*",
                    "recommendations/*",
                ),
            ),
            allow(
                "WriteOutcome",
                "What was published, when, and how good it is.",
                ["s3:PutObject"],
                _run(storage, "outcome.json"),
            ),
            allow(
                "ReadSampleAndPointer",
                "Lists are read back before anybody is given them, and the pointer before it is moved.",
                ["dynamodb:GetItem"],
                table,
            ),
            allow(
                "RecordVersionAndMovePointer",
                "The lists for unknown users are put beside those of the parts; then one transaction records the "
                "version and moves the pointer.",
                ["dynamodb:PutItem", "dynamodb:UpdateItem"],
                table,
            ),
        ],
        "gather_outcome": [
            _find(storage),
            allow(
                "ReadPlanAndOutcome",
                "The plan names the execution; the outcome's warnings are added to.",
                ["s3:GetObject"],
                _run(storage, "plan.json", "outcome.json"),
            ),
            allow(
                "WriteFactsAndWarnings",
                "What the run took, for the page that is drawn next, and what it could not tidy up.",
                ["s3:PutObject"],
                _run(storage, "outcome/facts.json", "outcome.json"),
            ),
        ],
        "choose_retirement": [
            _find(storage),
            allow(
                "ReadRuns",
                "The parts of the versions to retire, and whose run left what was never published.",
                ["s3:GetObject"],
                _run(storage, "plan.json", "parts.json"),
            ),
            allow(
                "WriteRetirement",
                "The list of parts over which the Map goes.",
                ["s3:PutObject"],
                _run(storage, "retirement.json"),
            ),
            allow("ReadVersions", "Which versions there are, and which is served.", ["dynamodb:Query"], table),
            allow(
                "MarkRetiringUnlessCurrent",
                "A version is marked in one transaction that fails if it is the current one.",
                ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                table,
            ),
        ],
        "retire_part": [
            _find(storage),
            allow("ReadPart", "Which users' lists are to be deleted.", ["s3:GetObject"], _run(storage, "parts/*")),
            allow(
                "ReadArchive",
                "The same, where the part's own file is lost.",
                ["s3:GetObject"],
                _run(storage, "recommendations/*"),
            ),
            allow(
                "WriteWhatStays",
                "What could not be deleted, because nobody knows the users any more.",
                ["s3:PutObject"],
                _run(storage, "untidied/*"),
            ),
            allow("ReadPointer", "The current version is never deleted from.", ["dynamodb:GetItem"], table),
            allow("DeleteLists", "The retiring version's lists.", ["dynamodb:BatchWriteItem"], table),
        ],
        "record_retirement": [
            _find(storage),
            allow(
                "ReadRetirement",
                "Which versions were retired, what stays of them, and which lists for unknown users they had.",
                ["s3:GetObject"],
                _run(storage, "retirement.json", "default_lists.json", "untidied/*", "outcome.json"),
            ),
            allow(
                "AddWarnings",
                "What stays of them in the table is warned of with the outcome.",
                ["s3:PutObject"],
                _run(storage, "outcome.json"),
            ),
            allow(
                "DeleteDefaultLists",
                "The retiring version's lists for unknown users, which belong to no part.",
                ["dynamodb:BatchWriteItem"],
                table,
            ),
            allow("ReadPointer", "The current version is never retired.", ["dynamodb:GetItem"], table),
            allow("RecordRetired", "Their records say that their lists are gone.", ["dynamodb:UpdateItem"], table),
        ],
        # What it decides by is in its event.
        "look_at_failed_job": [],
        # What names the state machine and the topic is in monitoring.py.
        "notify_failure": [
            allow("ReadPointer", "The message says which version is served meanwhile.", ["dynamodb:GetItem"], table)
        ],
        "rollback": [
            allow(
                "ReadVersionsAndPointer",
                "Whether the version can be served, and which is served now.",
                ["dynamodb:GetItem", "dynamodb:Query"],
                table,
            ),
            allow(
                "MovePointerToPublishedVersion",
                "One transaction moves the pointer and records the move, if the version is not retiring.",
                ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                table,
            ),
        ],
    }


def _run(storage: Storage, *names: str) -> list[str]:
    """These documents of every run: which run it is, the event says."""
    return storage.objects(*(f"{_RUN}/{name}" for name in names))


def _training_logs(storage: Storage, streams: str) -> str:
    """The ARN of streams in the log group of SageMaker's training jobs."""
    return Stack.of(storage).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{log_group('Training')}:{streams}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _find(storage: Storage) -> Permission:
    """List the bucket, which is also what makes S3 answer NoSuchKey for a missing object: without it, AccessDenied.

    A condition on the prefix would take that away: reading an object has no prefix to compare.
    """
    return allow(
        "TellMissingFromForbidden",
        "It finds objects; and without it S3 answers AccessDenied for one that is missing.",
        ["s3:ListBucket"],
        [storage.bucket.bucket_arn],
    )
