"""Who hears of it when a run fails, does not start or does not tidy up, or its failure cannot be told."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import BatchFunction
from infra.statements import allow, give_apart, tell_subscribers
from infra.workflow import Workflow
from infra.workflow_role import executions_of

FAILED_STATUSES = ["FAILED", "TIMED_OUT", "ABORTED"]


class Monitoring(Construct):
    """One topic for everything that a person should hear of. Whoever wants to hear of it subscribes.

    EventBridge sees every end of an execution: also a stop and a time-out, by which nothing in the definition is run.
    """

    def __init__(self, scope: Construct, id: str, *, notify_email: str, key: kms.IKey | None) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(self, "Failures", display_name="topx", enforce_ssl=True, master_key=key)
        if notify_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(notify_email))
        self._let_alarms_publish()

    def watch(self, workflow: Workflow, *, notifier: BatchFunction, failed_starts: sqs.Queue) -> None:
        """Tell of both state machines' bad ends, of runs that did not start, and of failures that could not be told."""
        run, after = workflow.state_machine, workflow.after_publishing
        self._rule("RunFailed", "topx: a run failed, timed out or was stopped", run, notifier)
        self._rule("TidyingFailed", "topx: a version is served, but tidying up after it failed", after, notifier)
        self._let_tell((run, after), notifier)
        self._alarm(
            "RunNotStarted",
            f"{Aws.STACK_NAME}: a scheduled run could not be started; the queue of failed starts says why",
            failed_starts.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
        )
        self._alarm(
            "FailureNotTold",
            f"{Aws.STACK_NAME}: a run failed and the function that tells of it failed too; see its log",
            notifier.function.metric_errors(period=Duration.minutes(5), statistic="Sum"),
        )
        # An execution that was stopped was stopped by a person: the message alone tells of it.
        for id, metric in (
            ("ServedButNotTidied", after.metric_failed(period=Duration.minutes(5), statistic="Sum")),
            ("ServedButTidyingTimedOut", after.metric_timed_out(period=Duration.minutes(5), statistic="Sum")),
        ):
            self._alarm(
                id,
                f"{Aws.STACK_NAME}: a version is served, but tidying up after it failed; another message says where",
                metric,
            )

    def _rule(self, id: str, description: str, machine: sfn.StateMachine, notifier: BatchFunction) -> None:
        """The children of Distributed Maps have another state machine's ARN: their run tells of them."""
        events.Rule(
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

    def _let_tell(self, machines: Sequence[sfn.StateMachine], notifier: BatchFunction) -> None:
        notifier.function.add_environment("TOPIC", self.topic.topic_arn)
        notifier.function.add_environment("STACK", Aws.STACK_NAME)
        map_runs = [
            Stack.of(self).format_arn(
                service="states",
                resource="mapRun",
                resource_name=f"{machine.state_machine_name}/*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for machine in machines
        ]
        # Apart from the function's other permissions: those must be there before the state machines, this names them.
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
                    "Of a Map that failed, it names the part.",
                    ["states:ListExecutions"],
                    [*map_runs, *(machine.state_machine_arn for machine in machines)],
                ),
                *tell_subscribers("TellSubscribers", "The message itself.", self.topic),
            ],
        )

    def _let_alarms_publish(self) -> None:
        """A topic with a policy of its own has lost the default one, which lets the account's services publish."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsTellSubscribers",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def _alarm(self, id: str, description: str, metric: cloudwatch.IMetric) -> None:
        """Raised by a single occurrence; no data is no alarm."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_description=description,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
