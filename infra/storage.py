"""The bucket that a run reads and writes, and the table that readers ask."""

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
    """Both outlive the stack: they hold what cannot be made again.

    A first deployment that fails takes the bucket with it, which is empty, and the table unless it is protected.

    The bucket is versioned only for what is replaced under ``input/``, and only where that is asked for: each run
    writes under prefixes of its own and overwrites nothing.
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
            # One call to KMS for many objects: a run writes thousands.
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
            # A table that refuses to be deleted would leave a failed creation half undone.
            removal_policy=(
                RemovalPolicy.RETAIN if settings.deletion_protection else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            ),
        )

    def use_of_key(self, actions: Sequence[str]) -> list[Permission]:
        """Permission for ``actions`` with the customer's key; nothing where there is none.

        Who reads the bucket or the table decrypts, who writes to the bucket has a data key made: "Using server-side
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
        """The ARNs of the bucket's objects whose keys match ``patterns``."""
        return [self.bucket.arn_for_objects(pattern) for pattern in patterns]


def _replaced_input(days: int) -> list[s3.LifecycleRule]:
    """Versions are the whole bucket's: those of other keys go as soon as S3 takes them."""
    if not days:
        return []
    elsewhere = (
        run_layout.RUNS_PREFIX,
        run_layout.SCRATCH_PREFIX,
        run_layout.SWEPT_PREFIX,
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
