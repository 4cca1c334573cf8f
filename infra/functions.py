"""The Lambda functions: one code asset, and for each function a role and a log group of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import function_permissions
from infra.code_version import code_version
from infra.images import Images
from infra.statements import Permission, allow, give
from infra.storage import Storage

REPOSITORY = Path(__file__).resolve().parents[1]
LOG_RETENTION = logs.RetentionDays.SIX_MONTHS


@dataclass(frozen=True)
class Purpose:
    """What a function in ``lambdas/`` is for, and what it takes: a few small documents, if nothing else is said."""

    name: str
    description: str
    # However little there is to do: a call of AWS and its repeats alone may take one.
    minutes: int = 4
    memory_mb: int = 512


PURPOSES: tuple[Purpose, ...] = (
    Purpose("plan_run", "checks a run's input and data and writes its plan"),
    Purpose("plan_training", "reads prepare's summary and sizes the training"),
    Purpose("read_training_log", "keeps the training's loss by epoch and refuses a diverged one"),
    Purpose("check_quality", "holds the model beside the gate"),
    # A part's neighbours are parsed line by line; the catalogue's ids and the part's users are in memory.
    Purpose("load_part", "proves a part's neighbours and writes its users' lists", minutes=15, memory_mb=2048),
    Purpose("publish_version", "wants every receipt, reads a sample back, moves the pointer", minutes=9),
    Purpose("gather_outcome", "gathers what a run took, by its history"),
    Purpose("choose_retirement", "marks the versions to retire and writes their parts", minutes=9),
    Purpose("retire_part", "deletes one part of a retiring version", minutes=15, memory_mb=1024),
    Purpose("record_retirement", "records that retired versions are gone"),
    Purpose("look_at_failed_job", "decides whether a job that failed is tried again"),
    Purpose("rollback", "moves the pointer back to an older version"),
    Purpose("notify_failure", "tells people how a run failed and what to do"),
)


class Functions(Construct):
    """The functions by the name of their module in ``lambdas/``.

    They are plain Python, so the asset is the sources themselves. x86-64, because every region of
    ``algorithm_registry.json`` has it.
    """

    def __init__(self, scope: Construct, id: str, *, storage: Storage, images: Images, keep_versions: int) -> None:
        super().__init__(scope, id)
        code = lambda_.Code.from_asset(
            str(REPOSITORY),
            ignore_mode=IgnoreMode.GIT,
            exclude=[
                "*",
                "!lambdas",
                "!lambdas/**",
                "!contract",
                "!contract/**",
                "!sagemaker_contract",
                "!sagemaker_contract/*.py",
                "__pycache__",
            ],
        )
        permissions = function_permissions.statements(storage)
        places = {"BUCKET": storage.bucket.bucket_name, "TABLE": storage.table.table_name}
        key = {"KMS_KEY_ARN": storage.kms_key_arn} if storage.kms_key_arn else {}
        made_from = {
            "version": code_version(),
            "images": {
                "prepare": images.prepare_uri,
                "extract": images.extract_uri,
                "factorization_machines": images.factorization_machines_uri,
                "nearest_neighbours": images.nearest_neighbours_uri,
            },
        }
        extra = {
            "plan_run": {"KEEP_VERSIONS": str(keep_versions), **key},
            "publish_version": {"CODE": Stack.of(self).to_json_string(made_from)},
        }
        self.by_name = {
            purpose.name: BatchFunction(
                self,
                _pascal(purpose.name),
                purpose=purpose,
                code=code,
                environment={**places, **extra.get(purpose.name, {})},
                permissions=permissions[purpose.name],
            )
            for purpose in PURPOSES
        }


class BatchFunction(Construct):
    """One function, which may do what ``permissions`` says and write its own log."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        purpose: Purpose,
        code: lambda_.Code,
        environment: Mapping[str, str],
        permissions: Sequence[Permission],
    ) -> None:
        super().__init__(scope, id)
        log_group = logs.LogGroup(self, "Log", retention=LOG_RETENTION, removal_policy=RemovalPolicy.DESTROY)
        self.role = iam.Role(
            self,
            "Role",
            description=f"topx: {purpose.description}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        keep_log = allow(
            "KeepLog", "The function's log.", ["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn]
        )
        give(self.role, [*permissions, keep_log])
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"topx: {purpose.description}",
            code=code,
            handler=f"lambdas.{purpose.name}.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.X86_64,
            memory_size=purpose.memory_mb,
            timeout=Duration.minutes(purpose.minutes),
            environment=dict(environment),
            log_group=log_group,
            role=self.role,
        )


def _pascal(name: str) -> str:
    """``plan_run`` as ``PlanRun``."""
    return "".join(part.capitalize() for part in name.split("_"))
