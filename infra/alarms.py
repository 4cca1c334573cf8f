"""Creates the alarms of ``workflow/alarms.py``, all of which notify one topic."""

from datetime import timedelta

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import schedule_period
from infra.settings import Settings
from workflow.alarms import DRIFTS, GUIDE, NOTHING_PUBLISHED, Alarm, Drift
from workflow.run_metrics import DAYS_SINCE_PUBLISHED, DIMENSION, NAMESPACE, Metric

# Published lists are late after this many of the schedule's longest gaps, plus the window within which a run may start.
GAPS = 1.5
_DAY, _HOUR = 86_400, 3_600
# "Alarm warm-up periods", CloudWatch user guide: at most two days.
_MOST_MINUTES = 2_880


class Alarms(Construct):
    """Alarms that notify a topic; ``made`` are all of them, for the dashboard."""

    def __init__(self, scope: Construct, id: str, *, topic: sns.Topic) -> None:
        super().__init__(scope, id)
        self._topic = topic
        self.made: list[cloudwatch.IAlarm] = []

    def raise_at_once(self, alarm: Alarm, metric: cloudwatch.IMetric) -> None:
        """An alarm for a single occurrence; missing data is no alarm."""
        self._add(
            alarm,
            metric,
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            1,
            cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def watch_drift(self) -> None:
        """An alarm on the metrics of the last run; it does not change between runs."""
        for drift in DRIFTS:
            comparison, threshold = _comparison(drift)
            metric = metric_of(drift.metric, period=Duration.minutes(5))
            self._add(drift, metric, comparison, threshold, cloudwatch.TreatMissingData.IGNORE)

    def watch_lateness(self, settings: Settings) -> None:
        """An alarm on the age of the current version, unless runs are not scheduled: then lists are not expected at any
        time.

        The period is a whole hour or day of the schedule's time zone, and the age is reported hourly. So a period
        without a value means that the function that reports it is broken, which raises the alarm as well. A new alarm
        waits until the first whole period is over.
        """
        if not settings.schedule_enabled:
            return
        late = late_after(settings)
        period = _DAY if late >= timedelta(seconds=2 * _DAY) else _HOUR
        made = cloudwatch.CfnAlarm(
            self,
            NOTHING_PUBLISHED.name,
            alarm_description=_description(NOTHING_PUBLISHED),
            namespace=NAMESPACE,
            metric_name=DAYS_SINCE_PUBLISHED.name,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=DIMENSION, value=Aws.STACK_NAME)],
            statistic="Maximum",
            period=period,
            evaluation_periods=1,
            evaluation_window=cloudwatch.CfnAlarm.EvaluationWindowProperty(
                wall_clock_window=cloudwatch.CfnAlarm.WallClockWindowProperty(timezone=settings.time_zone)
            ),
            warm_up_configuration=cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
                warm_up_period_duration_in_minutes=min(2 * period // 60, _MOST_MINUTES),
                only_start_evaluating_after_warm_up_period_ends=True,
            ),
            comparison_operator="GreaterThanThreshold",
            threshold=days(late),
            treat_missing_data="breaching",
            alarm_actions=[self._topic.topic_arn],
        )
        self.made.append(cloudwatch.Alarm.from_alarm_arn(self, f"{NOTHING_PUBLISHED.name}Arn", made.attr_arn))

    def _add(
        self,
        alarm: Alarm,
        metric: cloudwatch.IMetric,
        comparison: cloudwatch.ComparisonOperator,
        threshold: float,
        missing: cloudwatch.TreatMissingData,
    ) -> None:
        made = cloudwatch.Alarm(
            self,
            alarm.name,
            alarm_description=_description(alarm),
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        made.add_alarm_action(actions.SnsAction(self._topic))
        self.made.append(made)


def metric_of(metric: Metric, *, period: Duration, statistic: str = "Average") -> cloudwatch.Metric:
    """One of this stack's own metrics."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric.name,
        dimensions_map={DIMENSION: Aws.STACK_NAME},
        statistic=statistic,
        period=period,
    )


def late_after(settings: Settings) -> timedelta:
    """The age from which published lists are late."""
    gap = schedule_period.longest_gap(settings.schedule)
    return GAPS * gap + timedelta(minutes=settings.flexible_window_minutes)


def days(time: timedelta) -> float:
    """The age as the metric counts it."""
    return round(time / timedelta(days=1), 4)


def _comparison(drift: Drift) -> tuple[cloudwatch.ComparisonOperator, float]:
    if drift.below is not None:
        return cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD, drift.below
    assert drift.above is not None, drift.name
    return cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD, drift.above


def _description(alarm: Alarm) -> str:
    return f"{Aws.STACK_NAME}: {alarm.says}. What to do: {alarm.name} in {GUIDE}"
