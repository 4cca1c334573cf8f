"""The bucket for runs, and the table for readers."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract import run_layout
from contract.recommendation_table import PARTITION_KEY, SORT_KEY
from infra.settings import Settings
from infra.statements import Permission, allow

SCRATCH_DAYS = 30
UNFINISHED_UPLOAD_DAYS = 7


class Storage(Construct):
    """Both outlive the stack, because their content cannot be recreated.

    If a first deployment fails, the bucket, which is empty, is deleted, and so is the table unless it is protected.

    The bucket is versioned only if requested, and then keeps only replaced objects under ``input/``: each run writes
    under its own prefixes and overwrites nothing.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        self.kms_key_arn = settings.kms_key_arn
        key = kms.Key.from_key_arn(self, "Key", self.kms_key_arn) if self.kms_key_arn else None
        self.key = key
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            # One call to KMS serves many objects: a run writes thousands.
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="scratch-expires", prefix=run_layout.SCRATCH_PREFIX, expiration=Duration.days(SCRATCH_DAYS)
                ),
                s3.LifecycleRule(
                    id="unfinished-uploads-expire",
                    abort_incomplete_multipart_upload_after=Duration.days(UNFINISHED_UPLOAD_DAYS),
                ),
                *_replaced_input(settings.keep_replaced_input_days),
            ],
            versioned=True if settings.keep_replaced_input_days else None,
            server_access_logs_bucket=self._log_bucket(settings.access_log_bucket),
            server_access_logs_prefix=f"{settings.stack_name}/" if settings.access_log_bucket else None,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=SORT_KEY, type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else None,
            encryption_key=key,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=settings.deletion_protection,
            # With deletion protection, the table would block the rollback of a failed creation.
            removal_policy=(
                RemovalPolicy.RETAIN if settings.deletion_protection else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            ),
        )

    def use_of_key(self, actions: Sequence[str]) -> list[Permission]:
        """Permission for ``actions`` with the customer managed key; empty if there is none.

        Readers of the bucket or the table decrypt; writers to the bucket generate a data key: "Using server-side
        encryption with AWS KMS keys", S3 user guide; "Encryption at rest: usage notes", DynamoDB developer guide.
        """
        return (
            [
                allow(
                    "UseKey",
                    "The bucket and the table are encrypted with the customer's key.",
                    actions,
                    [self.kms_key_arn],
                )
            ]
            if self.kms_key_arn
            else []
        )

    def _log_bucket(self, name: str) -> s3.IBucket | None:
        return s3.Bucket.from_bucket_name(self, "AccessLogs", name) if name else None

    def objects(self, *patterns: str) -> list[str]:
        """The ARNs of the bucket's objects with keys that match ``patterns``."""
        return [self.bucket.arn_for_objects(pattern) for pattern in patterns]


def _replaced_input(days: int) -> list[s3.LifecycleRule]:
    """Versioning applies to the whole bucket: noncurrent versions of other keys expire as soon as S3 allows."""
    if not days:
        return []
    elsewhere = (
        run_layout.RUNS_PREFIX,
        run_layout.SCRATCH_PREFIX,
        run_layout.MODELS_CHECKED_PREFIX,
        run_layout.ERASURES_PREFIX,
    )
    return [
        s3.LifecycleRule(
            id="replaced-input-expires",
            prefix=run_layout.INPUT_PREFIX,
            noncurrent_version_expiration=Duration.days(days),
            expired_object_delete_marker=True,
        ),
        *(
            s3.LifecycleRule(
                id=f"replaced-{prefix.strip('/')}-expires",
                prefix=prefix,
                noncurrent_version_expiration=Duration.days(1),
            )
            for prefix in elsewhere
        ),
    ]
