"""The bucket that a run reads and writes, and the table that readers ask."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contract import run_layout
from contract.recommendation_table import PARTITION_KEY, SORT_KEY

SCRATCH_DAYS = 30
UNFINISHED_UPLOAD_DAYS = 7


class Storage(Construct):
    """Both outlive the stack: they hold what cannot be made again.

    The bucket is not versioned: each run writes under prefixes of its own and overwrites nothing, and the input's
    history is its owner's.
    """

    def __init__(self, scope: Construct, id: str, *, deletion_protection: bool) -> None:
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
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
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=deletion_protection,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def objects(self, *patterns: str) -> list[str]:
        """The ARNs of the bucket's objects whose keys match ``patterns``."""
        return [self.bucket.arn_for_objects(pattern) for pattern in patterns]
