"""The role of SageMaker's jobs and models."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from contract import run_layout
from infra.images import Images
from infra.network import Network
from infra.statements import allow, allow_on_anything, give
from infra.storage import Storage


class JobRole(Construct):
    """Permissions to transfer a job's data, pull its image and write its log. The job's process has no network access,
    and so no credentials. The exception is prepare on Spark, which has both and does not use the credentials.

    Source of the actions: "SageMaker AI roles", execution role permissions of CreateProcessingJob, CreateTrainingJob,
    CreateModel, in the SageMaker developer guide.
    """

    def __init__(self, scope: Construct, id: str, *, storage: Storage, images: Images, network: Network | None) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            description="topx: data, images and logs of the SageMaker jobs",
            assumed_by=iam.ServicePrincipal(
                "sagemaker.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        logs = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/sagemaker/*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        kept, scratch = f"{run_layout.RUNS_PREFIX}*", f"{run_layout.SCRATCH_PREFIX}*"
        permissions = (
            allow(
                "ReadInputs",
                "The jobs' inputs: interactions, descriptions of items and users, results of earlier stages.",
                ["s3:GetObject"],
                storage.objects(
                    f"{run_layout.INTERACTIONS_PREFIX}*",
                    f"{run_layout.ITEMS_PREFIX}*",
                    f"{run_layout.USERS_PREFIX}*",
                    kept,
                    scratch,
                ),
            ),
            allow(
                "WriteOutputs",
                "The jobs' outputs: files that are kept with the run, and scratch files that expire.",
                ["s3:PutObject"],
                storage.objects(kept, scratch),
            ),
            allow(
                "FindInputs",
                "An input is a prefix, whose objects must be found.",
                ["s3:ListBucket"],
                [storage.bucket.bucket_arn],
            ),
            allow_on_anything(
                "SignInToRegistries",
                "Pulling an image from ECR requires a token.",
                ["ecr:GetAuthorizationToken"],
            ),
            allow(
                "PullImages",
                "The images of the two processing jobs and of Amazon's two algorithms.",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                images.repository_arns,
            ),
            allow(
                "KeepLogs",
                "The jobs' logs.",
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                [logs],
            ),
            allow_on_anything(
                "PublishMetrics", "The algorithms' metrics, such as the training loss.", ["cloudwatch:PutMetricData"]
            ),
            # EBS creates a volume encrypted with the key, and needs a grant for it: kms:CreateGrant. Same source.
            *storage.use_of_key(
                ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
            ),
            *(network.statements(self) if network else []),
        )
        give(self.role, permissions)
