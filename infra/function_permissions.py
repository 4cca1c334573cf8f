"""What each Lambda may do, and why. Nothing is shared: a statement that one function needs, only that one has."""

from aws_cdk import aws_iam as iam

from contract import run_layout
from infra.statements import allow, allow_on_anything
from infra.storage import Storage
from infra.workflow_role import MODEL_STAGE, sagemaker_arns

_RUN = f"{run_layout.RUNS_PREFIX}*"


def statements(storage: Storage) -> dict[str, list[iam.PolicyStatement]]:
    """Each function's statements, by the function's name; with a customer's key, the use of that too."""
    return {name: [*needed, *_use_of_key(storage, needed)] for name, needed in _by_function(storage).items()}


def _use_of_key(storage: Storage, needed: list[iam.PolicyStatement]) -> list[iam.PolicyStatement]:
    writes = any("s3:PutObject" in statement.actions for statement in needed)
    return storage.use_of_key(["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])])


def _by_function(storage: Storage) -> dict[str, list[iam.PolicyStatement]]:
    """Each function's statements without a customer's key.

    DynamoDB checks a transaction by the actions in it: PutItem, UpdateItem, ConditionCheckItem.
    """
    table = [storage.table.table_arn]
    return {
        "plan_run": [
            _find(storage),
            allow("ReadDatasetAndPlan", ["s3:GetObject"], storage.objects(run_layout.DATASET_KEY, f"{_RUN}/plan.json")),
            allow(
                "WritePlanAndSweptMark",
                ["s3:PutObject"],
                storage.objects(f"{_RUN}/plan.json", f"{run_layout.SWEPT_PREFIX}*"),
            ),
            # ListModels knows no resource ("Actions, resources, and condition keys for Amazon SageMaker AI").
            allow_on_anything("FindModelsThatEarlierRunsLeft", ["sagemaker:ListModels"]),
            allow(
                "DeleteModelsThatEarlierRunsLeft",
                ["sagemaker:DeleteModel"],
                sagemaker_arns(storage, "model", [MODEL_STAGE]),
            ),
        ],
        "plan_training": [
            _find(storage),
            allow("ReadPlanAndSummary", ["s3:GetObject"], _run(storage, "plan.json", "summary.json")),
        ],
        "check_quality": [
            _find(storage),
            allow("ReadPlanAndMetrics", ["s3:GetObject"], _run(storage, "plan.json", "evaluation/metrics.json")),
        ],
        "load_part": [
            _find(storage),
            allow("ReadRun", ["s3:GetObject"], _run(storage, "plan.json", "item_ids.jsonl.gz", "parts/*")),
            allow("ReadNeighbours", ["s3:GetObject"], storage.objects(f"{run_layout.SCRATCH_PREFIX}*/neighbours/*")),
            allow("WriteReceiptAndRecord", ["s3:PutObject"], _run(storage, "loaded/*", "recommendations/*")),
            allow("WriteLists", ["dynamodb:BatchWriteItem"], table),
        ],
        "publish_version": [
            _find(storage),
            allow(
                "ReadRun",
                ["s3:GetObject"],
                _run(
                    storage,
                    "plan.json",
                    "summary.json",
                    "parts.json",
                    "evaluation/metrics.json",
                    "loaded/*",
                    "recommendations/*",
                ),
            ),
            allow("WriteOutcome", ["s3:PutObject"], _run(storage, "outcome.json")),
            allow("ReadSampleAndPointer", ["dynamodb:GetItem"], table),
            allow("RecordVersionAndMovePointer", ["dynamodb:PutItem", "dynamodb:UpdateItem"], table),
        ],
        "choose_retirement": [
            _find(storage),
            allow("ReadRuns", ["s3:GetObject"], _run(storage, "plan.json", "parts.json")),
            allow("WriteRetirement", ["s3:PutObject"], _run(storage, "retirement.json")),
            allow("ReadVersions", ["dynamodb:Query"], table),
            allow(
                "MarkRetiringUnlessCurrent",
                ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                table,
            ),
        ],
        "retire_part": [
            _find(storage),
            allow("ReadPart", ["s3:GetObject"], _run(storage, "parts/*")),
            allow("ReadPointer", ["dynamodb:GetItem"], table),
            allow("DeleteLists", ["dynamodb:BatchWriteItem"], table),
        ],
        "record_retirement": [
            _find(storage),
            allow("ReadRetirement", ["s3:GetObject"], _run(storage, "retirement.json")),
            allow("RecordRetired", ["dynamodb:UpdateItem"], table),
        ],
        # What names the state machine and the topic is in monitoring.py.
        "notify_failure": [allow("ReadPointer", ["dynamodb:GetItem"], table)],
        "rollback": [
            allow("ReadVersionsAndPointer", ["dynamodb:GetItem", "dynamodb:Query"], table),
            allow(
                "MovePointerToPublishedVersion",
                ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                table,
            ),
        ],
    }


def _run(storage: Storage, *names: str) -> list[str]:
    """These documents of every run: which run it is, the event says."""
    return storage.objects(*(f"{_RUN}/{name}" for name in names))


def _find(storage: Storage) -> iam.PolicyStatement:
    """List the bucket, which is also what makes S3 answer NoSuchKey for a missing object: without it, AccessDenied.

    A condition on the prefix would take that away: reading an object has no prefix to compare.
    """
    return allow("TellMissingFromForbidden", ["s3:ListBucket"], [storage.bucket.bucket_arn])
