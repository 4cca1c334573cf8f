"""The schedule that starts a run every week."""

from aws_cdk import Duration, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.settings import Settings
from infra.statements import allow, give

START_WITHIN = Duration.hours(6)
START_ATTEMPTS = 10


class WeeklySchedule(Construct):
    """Starts the state machine with ``scheduled_input``.

    A failed start is retried, then sent to the dead-letter queue.

    The schedule does not handle failed runs: their executions fail visibly.
    """

    def __init__(self, scope: Construct, id: str, *, state_machine: sfn.StateMachine, settings: Settings) -> None:
        super().__init__(scope, id)
        self.failed_starts = sqs.Queue(
            self,
            "FailedStarts",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.group = scheduler.ScheduleGroup(self, "Group", removal_policy=RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "Role",
            description="topx: starts the weekly run",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": Stack.of(self).account,
                        "aws:SourceArn": self.group.schedule_group_arn,
                    }
                },
            ),
        )
        give(
            role,
            [
                allow("StartRun", "The weekly start.", ["states:StartExecution"], [state_machine.state_machine_arn]),
                allow(
                    "KeepFailedStart",
                    "A start that failed is kept in the queue of failed starts.",
                    ["sqs:SendMessage"],
                    [self.failed_starts.queue_arn],
                ),
            ],
        )
        window = settings.flexible_window_minutes
        self.schedule = scheduler.Schedule(
            self,
            "Schedule",
            description="topx: the weekly run",
            schedule=scheduler.ScheduleExpression.expression(settings.schedule, TimeZone.of(settings.time_zone)),
            target=targets.StepFunctionsStartExecution(
                state_machine,
                input=scheduler.ScheduleTargetInput.from_object(dict(settings.scheduled_input)),
                role=role.without_policy_updates(),
                dead_letter_queue=self.failed_starts,
                max_event_age=START_WITHIN,
                retry_attempts=START_ATTEMPTS,
            ),
            schedule_group=self.group,
            enabled=settings.schedule_enabled,
            time_window=(
                scheduler.TimeWindow.flexible(Duration.minutes(window)) if window else scheduler.TimeWindow.off()
            ),
        )
