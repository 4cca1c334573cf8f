"""The roles of the state machines, with which they call Lambda, SageMaker and S3."""

from collections.abc import Iterator, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from contract.run_layout import job_names
from infra.statements import Permission, allow, allow_on_anything, give, give_apart, notify_subscribers
from infra.storage import Storage
from infra.tags import ONLY_OWN
from workflow.stage import Each, Job, JobKind, Stage
from workflow.stages import bases

_KINDS: dict[JobKind, str] = {
    "processing-job": "ProcessingJob",
    "training-job": "TrainingJob",
    "transform-job": "TransformJob",
}
# "Logging in CloudWatch Logs", Step Functions developer guide: none of these supports resource-level permissions.
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
    """Permissions for exactly the calls of one state machine, from its stages.

    Sources: "Create and manage Amazon SageMaker AI jobs with Step Functions" and "IAM policies for using Distributed
    Map states" in the Step Functions developer guide.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        description: str,
        stages: Sequence[Stage],
        storage: Storage,
        functions: list[lambda_.Function],
        job_role: iam.Role,
    ) -> None:
        super().__init__(scope, id)
        self._stages = stages
        self.role = iam.Role(
            self,
            "Role",
            description=description,
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
            *self._model_statements(),
            allow(
                "HandRoleToJobs",
                "Jobs run under their own role, which is passed only to SageMaker.",
                ["iam:PassRole"],
                [job_role.role_arn],
                {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            allow(
                "ReadManifests",
                "The Maps iterate over these lists of parts.",
                ["s3:GetObject"],
                storage.objects(*(stage.does.items for stage in stages if isinstance(stage.does, Each))),
            ),
            allow_on_anything("WriteLog", "The log of the executions, which CloudWatch delivers.", LOG_DELIVERY),
            *storage.use_of_key(["kms:Decrypt"]),
        )
        give(self.role, permissions)

    def allow_distributed_map(self, state_machine: sfn.StateMachine) -> None:
        """Allow the state machine to start, describe, stop and redrive its own children.

        In a policy of its own, on which the state machine does not depend: it names the state machine, which names the
        role.
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
                    "A Map describes its children, stops them with their run, and redrives them with it.",
                    ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
                    executions_of(state_machine),
                ),
            ],
        )

    def allow_what_follows(self, after_publishing: sfn.StateMachine, failures: sns.Topic) -> None:
        """Allow the run to start the state machine after publishing, and to notify people if it cannot."""
        give(
            self.role,
            [
                allow(
                    "StartAfterPublishing",
                    "Once its version is published, a run starts the state machine AfterPublishing.",
                    ["states:StartExecution"],
                    [after_publishing.state_machine_arn],
                ),
                *notify_subscribers(
                    "NotifyAboutFailedStart",
                    "If that cannot be started, the run notifies the topic of failures, and succeeds.",
                    failures,
                ),
            ],
        )

    def _model_statements(self) -> Iterator[Permission]:
        """The run creates the transform's model; the state machine after publishing deletes it."""
        jobs = [stage.does for stage in self._stages if isinstance(stage.does, Job)]
        if any(job.kind == "model" and not job.deletes for job in jobs):
            yield allow(
                "CreateModels",
                "The transform's model. Step Functions tags what it creates in SageMaker.",
                ["sagemaker:AddTags", "sagemaker:CreateModel"],
                self._arns("model"),
            )
        if any(job.deletes for job in jobs):
            yield allow(
                "DeleteModels",
                "The transform's model, once it is no longer needed; only models of this stack.",
                ["sagemaker:DeleteModel"],
                self._arns("model"),
                ONLY_OWN,
            )

    def _job_statements(self) -> Iterator[Permission]:
        """For each kind of job: to run it, to tag it, and the EventBridge rule by which ``.sync`` learns of its end."""
        kinds = {resource: kind for resource, kind in _KINDS.items() if bases(resource, self._stages)}
        for resource, kind in kinds.items():
            yield allow(
                f"Run{kind}s",
                "Runs the job, tags it, and reads its end and its tags.",
                [
                    "sagemaker:AddTags",
                    f"sagemaker:Create{kind}",
                    f"sagemaker:Describe{kind}",
                    "sagemaker:ListTags",
                ],
                self._arns(resource),
            )
            yield allow(
                f"Stop{kind}s",
                "A job is stopped with its execution; only jobs of this stack.",
                [f"sagemaker:Stop{kind}"],
                self._arns(resource),
                ONLY_OWN,
            )
        rules = [
            Stack.of(self).format_arn(
                service="events", resource="rule", resource_name=f"StepFunctionsGetEventsForSageMaker{kind}sRule"
            )
            for kind in kinds.values()
        ]
        yield allow(
            "HearOfJobsEnds",
            "Step Functions manages an EventBridge rule for each kind of job, to be notified when jobs end.",
            ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            rules,
        )

    def _arns(self, kind: JobKind) -> list[str]:
        """The ARNs of the workflow's jobs or models of a kind, by the prefixes of their names."""
        return [
            Stack.of(self).format_arn(service="sagemaker", resource=kind, resource_name=f"{job_names(base)}*")
            for base in bases(kind, self._stages)
        ]


def runs_of(state_machine: sfn.StateMachine) -> list[str]:
    """The ARNs of a state machine's executions, excluding the children of its Distributed Maps."""
    return [_execution_arn(state_machine, f"{state_machine.state_machine_name}:*")]


def executions_of(state_machine: sfn.StateMachine) -> list[str]:
    """The ARNs of a state machine's executions, including the children of its Distributed Maps."""
    return [*runs_of(state_machine), _execution_arn(state_machine, f"{state_machine.state_machine_name}/*:*")]


def _execution_arn(state_machine: sfn.StateMachine, pattern: str) -> str:
    return Stack.of(state_machine).format_arn(
        service="states", resource="execution", resource_name=pattern, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
