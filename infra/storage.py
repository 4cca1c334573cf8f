"""The bucket that a run reads and writes, and the table that readers ask."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract import run_layout
from contract.recommendation_table import PARTITION_KEY, SORT_KEY
from infra.statements import Permission, allow

SCRATCH_DAYS = 30
UNFINISHED_UPLOAD_DAYS = 7


class Storage(Construct):
    """Both outlive the stack: they hold what cannot be made again.

    The bucket is not versioned: each run writes under prefixes of its own and overwrites nothing, and the input's
    history is its owner's.
    """

    def __init__(self, scope: Construct, id: str, *, deletion_protection: bool, kms_key_arn: str) -> None:
        """Both of them.

        Args:
            scope: of the construct.
            id: of the construct.
            deletion_protection: whether the table refuses to be deleted.
            kms_key_arn: of the customer's key; nothing for AWS's own.
        """
        super().__init__(scope, id)
        self.kms_key_arn = kms_key_arn
        key = kms.Key.from_key_arn(self, "Key", kms_key_arn) if kms_key_arn else None
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
            ],
            removal_policy=RemovalPolicy.RETAIN,
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
            deletion_protection=deletion_protection,
            removal_policy=RemovalPolicy.RETAIN,
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

    def objects(self, *patterns: str) -> list[str]:
        """The ARNs of the bucket's objects whose keys match ``patterns``."""
        return [self.bucket.arn_for_objects(pattern) for pattern in patterns]
