"""What each Lambda may do, and why. Nothing is shared: a statement that one function needs, only that one has."""

from aws_cdk import aws_iam as iam

from contract import run_layout
from infra.statements import allow
from infra.storage import Storage

_RUN = f"{run_layout.RUNS_PREFIX}*"


def statements(storage: Storage) -> dict[str, list[iam.PolicyStatement]]:
    """Each function's statements, by the function's name."""
    bucket, table = [storage.bucket.bucket_arn], [storage.table.table_arn]
    return {
        "plan_run": [
            allow("FindInput", ["s3:ListBucket"], bucket),
            allow("ReadDataset", ["s3:GetObject"], storage.objects(run_layout.DATASET_KEY)),
            allow("WritePlan", ["s3:PutObject"], storage.objects(f"{_RUN}/plan.json")),
        ],
        "plan_training": [
            allow("FindTrainingFiles", ["s3:ListBucket"], bucket),
            allow("ReadPlanAndSummary", ["s3:GetObject"], storage.objects(f"{_RUN}/plan.json", f"{_RUN}/summary.json")),
        ],
        "check_quality": [
            allow("FindMetrics", ["s3:ListBucket"], bucket),
            allow(
                "ReadPlanAndMetrics",
                ["s3:GetObject"],
                storage.objects(f"{_RUN}/plan.json", f"{_RUN}/evaluation/metrics.json"),
            ),
        ],
        "load_part": [
            allow("FindNeighbours", ["s3:ListBucket"], bucket),
            allow(
                "ReadPartAndNeighbours",
                ["s3:GetObject"],
                storage.objects(
                    f"{_RUN}/plan.json",
                    f"{_RUN}/item_ids.jsonl.gz",
                    f"{_RUN}/parts/*",
                    f"{run_layout.SCRATCH_PREFIX}*/neighbours/*",
                ),
            ),
            allow(
                "WriteReceiptAndLists",
                ["s3:PutObject"],
                storage.objects(f"{_RUN}/loaded/*", f"{_RUN}/recommendations/*"),
            ),
            allow("WriteLists", ["dynamodb:BatchWriteItem"], table),
        ],
        "publish_version": [
            allow("FindReceipts", ["s3:ListBucket"], bucket),
            allow("ReadRun", ["s3:GetObject"], storage.objects(_RUN)),
            allow("WriteOutcome", ["s3:PutObject"], storage.objects(f"{_RUN}/outcome.json")),
            allow("ReadSampleAndPointer", ["dynamodb:BatchGetItem", "dynamodb:GetItem"], table),
            allow("MovePointer", ["dynamodb:PutItem", "dynamodb:UpdateItem"], table),
        ],
        "choose_retirement": [
            allow("FindRuns", ["s3:ListBucket"], bucket),
            allow("ReadManifests", ["s3:GetObject"], storage.objects(f"{_RUN}/parts.json", f"{_RUN}/plan.json")),
            allow("WriteRetirement", ["s3:PutObject"], storage.objects(f"{_RUN}/retirement.json")),
            allow("ReadVersions", ["dynamodb:GetItem", "dynamodb:Query"], table),
            allow("MarkRetiring", ["dynamodb:UpdateItem"], table),
        ],
        "retire_part": [
            allow("FindPart", ["s3:ListBucket"], bucket),
            allow("ReadPart", ["s3:GetObject"], storage.objects(f"{_RUN}/parts/*")),
            allow("DeleteLists", ["dynamodb:BatchWriteItem"], table),
        ],
        "record_retirement": [
            allow("ReadRetirement", ["s3:GetObject"], storage.objects(f"{_RUN}/retirement.json")),
            allow("RecordRetired", ["dynamodb:Query", "dynamodb:UpdateItem"], table),
        ],
        "rollback": [
            allow("ReadVersions", ["dynamodb:GetItem", "dynamodb:Query"], table),
            allow("MovePointer", ["dynamodb:PutItem", "dynamodb:UpdateItem"], table),
        ],
    }
