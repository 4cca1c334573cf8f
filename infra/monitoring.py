"""Notifications: if a run fails or does not start, if the steps after publishing fail, or if a notification fails."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.alarms import Alarms
from infra.functions import BatchFunction
from infra.schedule import WeeklySchedule
from infra.settings import Settings
from infra.statements import allow, give_apart, notify_subscribers
from infra.workflow import Workflow
from infra.workflow_role import executions_of
from workflow.alarms import (
    AFTER_PUBLISHING_FAILED,
    AFTER_PUBLISHING_FAILURE_LOST,
    AFTER_PUBLISHING_TIMED_OUT,
    FAILURE_NOT_TOLD,
    RUN_FAILURE_LOST,
    RUN_NOT_STARTED,
    START_DROPPED,
    START_NOT_KEPT,
)

_PERIOD = Duration.minutes(5)
FAILED_STATUSES = ["FAILED", "TIMED_OUT", "ABORTED"]


class Monitoring(Construct):
    """One topic for everything that an operator should know about. Operators subscribe to it.

    EventBridge sees every end of an execution, including a stop and a timeout, after which no state of the definition
    runs.
    """

    def __init__(self, scope: Construct, id: str, *, notify_email: str, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(self, "Failures", display_name="topx", enforce_ssl=True, master_key=key)
        if notify_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(notify_email))
        self._let_alarms_publish()
        self.alarms = Alarms(self, "Alarms", topic=self.topic)

    def watch(self, workflow: Workflow, *, notifier: BatchFunction, weekly: WeeklySchedule, settings: Settings) -> None:
        """Notify about failed executions of both state machines, runs that did not start, late lists, unusual changes
        of the lists, and notifications that failed.
        """
        run, after = workflow.state_machine, workflow.after_publishing
        run_failed = self._rule("RunFailed", "topx: a run failed, timed out or was stopped", run, notifier)
        after_publishing_failed = self._rule(
            "TidyingFailed",
            "topx: a version is published, but AfterPublishing failed, timed out or was stopped",
            after,
            notifier,
        )
        self._let_notify((run, after), notifier)
        alarms = self.alarms
        alarms.raise_at_once(RUN_NOT_STARTED, _length(weekly.failed_starts))
        alarms.raise_at_once(START_DROPPED, weekly.group.metric_dropped(period=_PERIOD, statistic="Sum"))
        alarms.raise_at_once(
            START_NOT_KEPT, weekly.group.metric_failed_to_be_sent_to_dlq(period=_PERIOD, statistic="Sum")
        )
        alarms.raise_at_once(FAILURE_NOT_TOLD, notifier.function.metric_errors(period=_PERIOD, statistic="Sum"))
        alarms.raise_at_once(RUN_FAILURE_LOST, _failed_calls(run_failed))
        alarms.raise_at_once(AFTER_PUBLISHING_FAILURE_LOST, _failed_calls(after_publishing_failed))
        # An execution is stopped by a person, so there is only a message and no alarm.
        alarms.raise_at_once(AFTER_PUBLISHING_FAILED, after.metric_failed(period=_PERIOD, statistic="Sum"))
        alarms.raise_at_once(AFTER_PUBLISHING_TIMED_OUT, after.metric_timed_out(period=_PERIOD, statistic="Sum"))
        alarms.watch_lateness(settings)
        alarms.watch_drift()

    def measure(self, clock: BatchFunction) -> None:
        """Report the age of the current version every hour, in the middle of the hour, because alarm periods end on the
        hour.
        """
        events.Rule(
            self,
            "AgeMeasured",
            description="topx: measures the age of the published lists once an hour",
            schedule=events.Schedule.cron(minute="30"),
            targets=[targets.LambdaFunction(clock.function)],
        )

    def _rule(self, id: str, description: str, machine: sfn.StateMachine, notifier: BatchFunction) -> events.Rule:
        """Children of Distributed Maps have another state machine ARN: their run reports their failures."""
        return events.Rule(
            self,
            id,
            description=description,
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": FAILED_STATUSES, "stateMachineArn": [machine.state_machine_arn]},
            ),
            targets=[targets.LambdaFunction(notifier.function)],
        )

    def _let_notify(self, machines: Sequence[sfn.StateMachine], notifier: BatchFunction) -> None:
        notifier.function.add_environment("TOPIC", self.topic.topic_arn)
        map_runs = [
            Stack.of(self).format_arn(
                service="states",
                resource="mapRun",
                resource_name=f"{machine.state_machine_name}/*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for machine in machines
        ]
        # In a policy of its own: the function's other permissions must exist before the state machines, which this one
        # names.
        give_apart(
            self,
            "TellOfRuns",
            notifier.role,
            [
                allow(
                    "FindFailedState",
                    "The message names the state that failed, and why.",
                    ["states:DescribeExecution", "states:GetExecutionHistory", "states:ListMapRuns"],
                    [arn for machine in machines for arn in executions_of(machine)],
                ),
                allow(
                    "FindFailedPart",
                    "For a failed Map, it names the part.",
                    ["states:ListExecutions"],
                    [*map_runs, *(machine.state_machine_arn for machine in machines)],
                ),
                *notify_subscribers("NotifySubscribers", "The message itself.", self.topic),
            ],
        )

    def _let_alarms_publish(self) -> None:
        """A topic with its own policy has no default policy, which lets the account's services publish."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsNotifySubscribers",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )


def _length(queue: sqs.Queue) -> cloudwatch.IMetric:
    """The number of messages in the queue."""
    return queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")


def _failed_calls(rule: events.Rule) -> cloudwatch.IMetric:
    """Failed invocations of a rule's target, after EventBridge's own retries: "Monitoring Amazon EventBridge",
    EventBridge user guide.
    """
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="FailedInvocations",
        dimensions_map={"RuleName": rule.rule_name},
        period=_PERIOD,
        statistic="Sum",
    )
