"""The role under which the state machine itself calls Lambda, SageMaker and S3."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.statements import Permission, allow, allow_on_anything, give, give_apart
from infra.storage import Storage
from workflow.stage import Each, JobKind
from workflow.stages import STAGES, bases

_KINDS: dict[JobKind, str] = {
    "processing-job": "ProcessingJob",
    "training-job": "TrainingJob",
    "transform-job": "TransformJob",
}
# "Logging in CloudWatch Logs", Step Functions developer guide: none of these knows resources.
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)


class WorkflowRole(Construct):
    """Exactly the calls of ``workflow.asl.yaml``.

    Sources: "Create and manage Amazon SageMaker AI jobs with Step Functions" and "IAM policies for using Distributed
    Map states" in the Step Functions developer guide.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        storage: Storage,
        functions: list[lambda_.Function],
        job_role: iam.Role,
    ) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            description="topx: the weekly workflow",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        permissions = (
            allow(
                "CallFunctions",
                "The states that are functions.",
                ["lambda:InvokeFunction"],
                [function.function_arn for function in functions],
            ),
            *self._job_statements(),
            allow(
                "CreateAndDeleteModels",
                "The transform's model, which is deleted after it. Step Functions tags what it creates in SageMaker.",
                ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel"],
                self._arns("model"),
            ),
            allow(
                "HandRoleToJobs",
                "Jobs run under a role of their own, which is handed to SageMaker only.",
                ["iam:PassRole"],
                [job_role.role_arn],
                {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            allow(
                "ReadManifests",
                "The Maps go through these lists of parts.",
                ["s3:GetObject"],
                storage.objects(*(stage.does.items for stage in STAGES if isinstance(stage.does, Each))),
            ),
            allow_on_anything("WriteLog", "The log of the executions, which CloudWatch delivers.", LOG_DELIVERY),
            *storage.use_of_key(["kms:Decrypt"]),
        )
        give(self.role, permissions)

    def allow_distributed_map(self, state_machine: sfn.StateMachine) -> None:
        """Let the state machine start, watch, stop and redrive its own children.

        A policy of its own, that the state machine does not wait for: it names the state machine, which names the role.
        """
        give_apart(
            self,
            "DistributedMap",
            self.role,
            [
                allow(
                    "StartChildren",
                    "A Map's children are executions of this state machine.",
                    ["states:StartExecution"],
                    [state_machine.state_machine_arn],
                ),
                allow(
                    "FollowChildren",
                    "A Map hears how its children end, stops them with their run, and redrives them with it.",
                    ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
                    executions_of(state_machine),
                ),
            ],
        )

    def _job_statements(self) -> list[Permission]:
        """For each kind of job: run it, tag it, and the rule by which ``.sync`` hears of its end."""
        found = []
        for resource, kind in _KINDS.items():
            found.append(
                allow(
                    f"Run{kind}s",
                    "Runs the job, tags it, reads its end and its tags, and stops it with the execution.",
                    [
                        "sagemaker:AddTags",
                        f"sagemaker:Create{kind}",
                        f"sagemaker:Describe{kind}",
                        "sagemaker:ListTags",
                        f"sagemaker:Stop{kind}",
                    ],
                    self._arns(resource),
                )
            )
        rules = [
            Stack.of(self).format_arn(
                service="events", resource="rule", resource_name=f"StepFunctionsGetEventsForSageMaker{kind}sRule"
            )
            for kind in _KINDS.values()
        ]
        managed = allow(
            "HearOfJobsEnds",
            "Step Functions keeps a rule for each kind of job, by which it hears of their ends.",
            ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            rules,
        )
        return [*found, managed]

    def _arns(self, kind: JobKind) -> list[str]:
        """The ARNs of the workflow's jobs or models of a kind, by the beginnings of their names."""
        return [
            Stack.of(self).format_arn(service="sagemaker", resource=kind, resource_name=f"{base}-*")
            for base in bases(kind)
        ]


def runs_of(state_machine: sfn.StateMachine) -> list[str]:
    """The ARNs of a state machine's executions, without the children of its Distributed Maps."""
    return [_execution_arn(state_machine, f"{state_machine.state_machine_name}:*")]


def executions_of(state_machine: sfn.StateMachine) -> list[str]:
    """The ARNs of a state machine's executions, and of the children of its Distributed Maps."""
    return [*runs_of(state_machine), _execution_arn(state_machine, f"{state_machine.state_machine_name}/*:*")]


def _execution_arn(state_machine: sfn.StateMachine, pattern: str) -> str:
    return Stack.of(state_machine).format_arn(
        service="states", resource="execution", resource_name=pattern, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
