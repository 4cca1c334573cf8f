"""The Lambda functions: one code asset, and a role and a log group for each function."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Aws, Duration, FileSystem, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import tags
from infra.code_version import code_version
from infra.function_permissions import statements
from infra.images import Images
from infra.log_retention import RETENTION
from infra.settings import Settings
from infra.statements import Permission, allow, give
from infra.storage import Storage
from workflow.stage import Function
from workflow.stages import FUNCTIONS

REPOSITORY = Path(__file__).resolve().parents[1]
# What the functions import, besides boto3.
ROOMS = ("lambdas", "workflow", "contract", "sagemaker_contract")


class Functions(Construct):
    """The functions, by the name of their module in ``lambdas/handlers/``.

    They are pure Python, so the asset is the sources themselves. x86-64, because every region of
    ``algorithm_registry.json`` supports it.
    """

    def __init__(self, scope: Construct, id: str, *, storage: Storage, images: Images, settings: Settings) -> None:
        super().__init__(scope, id)
        left_out = [
            "*",
            *(pattern for room in ROOMS for pattern in (f"!{room}", f"!{room}/**")),
            "sagemaker_contract/recordio",
            "__pycache__",
        ]
        code = lambda_.Code.from_asset(str(REPOSITORY), ignore_mode=IgnoreMode.GIT, exclude=left_out)
        places = {
            "BUCKET": storage.bucket.bucket_name,
            "TABLE": storage.table.table_name,
            "STACK": Aws.STACK_NAME,
        }
        key = {"KMS_KEY_ARN": storage.kms_key_arn} if storage.kms_key_arn else {}
        made_from = {
            "version": code_version(),
            # By this, a run distinguishes old code from new if neither is committed.
            "functions": FileSystem.fingerprint(str(REPOSITORY), ignore_mode=IgnoreMode.GIT, exclude=left_out),
            "images": {
                "prepare": images.prepare_uri,
                **({"prepare_on_spark": images.prepare_on_spark_uri} if images.prepare_on_spark_uri else {}),
                "extract": images.extract_uri,
                "factorization_machines": images.factorization_machines_uri,
                "nearest_neighbours": images.nearest_neighbours_uri,
            },
        }
        made = {"CODE": Stack.of(self).to_json_string(made_from)}
        extra = {
            "plan_run": {"KEEP_VERSIONS": str(settings.keep_versions), **made, **key},
            "write_outcome": made,
            "register_version": {
                "MODEL_PACKAGE_GROUP": settings.model_package_group,
                "GROUP_TAGS": json.dumps(tags.of_stack(settings.stack_name, settings.tags)),
            },
            "forget_user": {"KEEP_LOGS_DAYS": str(settings.keep_logs_days)},
            "delete_old_runs": {"KEEP_RUNS_DAYS": str(settings.keep_runs_days)},
        }
        self.by_name = {
            name: BatchFunction(
                self,
                function.pascal_name,
                function=function,
                code=code,
                environment={**places, **extra.get(name, {})},
                permissions=statements(storage, function, settings.as_json()),
                keep_logs_days=settings.keep_logs_days,
                key=storage.key,
            )
            for name, function in FUNCTIONS.items()
        }


class BatchFunction(Construct):
    """A function with the given ``permissions``, which also may write its own log."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: Function,
        code: lambda_.Code,
        environment: Mapping[str, str],
        permissions: Sequence[Permission],
        keep_logs_days: int,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, id)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=RETENTION[keep_logs_days],
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            description=f"topx: {function.description}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        keep_log = allow(
            "KeepLog",
            "The function's log.",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [self.log_group.log_group_arn],
        )
        give(self.role, [*permissions, keep_log])
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"topx: {function.description}",
            code=code,
            handler=f"lambdas.handlers.{function.name}.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.X86_64,
            memory_size=function.memory_mb,
            timeout=Duration.minutes(function.minutes),
            environment=dict(environment),
            log_group=self.log_group,
            # Applies to Lambda's own lines; ours are written by lambdas/run_log.py.
            logging_format=lambda_.LoggingFormat.JSON,
            role=self.role,
        )
