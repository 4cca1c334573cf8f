"""The dashboard: whether runs succeed, whether lists are late, how good they are, and what they cost."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import days, late_after, metric_of
from infra.functions import BatchFunction
from infra.settings import Settings
from infra.storage import Storage
from infra.workflow import Workflow
from workflow.run_metrics import (
    COST,
    DAYS_SINCE_PUBLISHED,
    ITEMS,
    ITEMS_OF_PREVIOUS,
    LISTS_EMPTY,
    LISTS_SHORT,
    NDCG,
    NDCG_MOST_POPULAR,
    NDCG_OF_PREVIOUS,
    NEWEST_INTERACTION_DAYS,
    REJECTED_OF_LIMIT,
    REJECTED_SHARE,
    SECONDS,
    USERS,
    USERS_OF_PREVIOUS,
    VERSIONS_PUBLISHED,
    Metric,
)

# A quarter of a year, because runs are weekly.
_SHOWN = "-P13W"
_WIDTH, _HEIGHT = 24, 6
_LINES = 100


class Dashboard(Construct):
    """Metrics, alarms and logs, with one row for each question."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        storage: Storage,
        workflow: Workflow,
        functions: Sequence[BatchFunction],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, id)
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            start=_SHOWN,
            period_override=cloudwatch.PeriodOverride.INHERIT,
            widgets=[
                [_heading("Is it well?")],
                [
                    cloudwatch.AlarmStatusWidget(alarms=list(alarms), title="Alarms", width=_WIDTH, height=_HEIGHT),
                ],
                [*_ends(workflow), _log(functions)],
                [_heading("Is it late?")],
                [*_lateness(settings)],
                [_heading("Is it good?")],
                [
                    _graph("NDCG@10", NDCG, NDCG_MOST_POPULAR),
                    _graph(
                        "Compared with the previous version, %", USERS_OF_PREVIOUS, ITEMS_OF_PREVIOUS, NDCG_OF_PREVIOUS
                    ),
                    _graph("Rejected rows, %", REJECTED_SHARE, REJECTED_OF_LIMIT),
                ],
                [_graph("Loaded", USERS, ITEMS, columns=2), _graph("Short lists", LISTS_SHORT, LISTS_EMPTY, columns=2)],
                [_heading("What does it cost?")],
                [
                    _graph("Jobs of a run, US dollars", COST),
                    _graph("A run, seconds", SECONDS),
                    _graph_of("Written to the table, units per day", [_written(storage)]),
                ],
            ],
        )


def _heading(text: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=f"# {text}", width=_WIDTH, height=1)


def _ends(workflow: Workflow) -> list[cloudwatch.IWidget]:
    return [
        _graph_of(
            title,
            [
                getattr(machine, f"metric_{end}")(period=Duration.days(1), statistic="Sum")
                for end in ("succeeded", "failed", "timed_out", "aborted")
            ],
        )
        for title, machine in (
            ("Runs (including dry runs)", workflow.state_machine),
            ("After publishing", workflow.after_publishing),
        )
    ]


def _log(functions: Sequence[BatchFunction]) -> cloudwatch.LogQueryWidget:
    return cloudwatch.LogQueryWidget(
        title="Warnings and errors of the functions, by run",
        log_group_names=[function.log_group.log_group_name for function in functions],
        query_lines=[
            "fields @timestamp, run_id, level, message",
            "filter level in ['WARNING', 'ERROR', 'CRITICAL']",
            "sort @timestamp desc",
            f"limit {_LINES}",
        ],
        width=_WIDTH // 3,
        height=_HEIGHT,
    )


def _lateness(settings: Settings) -> list[cloudwatch.IWidget]:
    limit = cloudwatch.HorizontalAnnotation(value=days(late_after(settings)), label="late")
    return [
        cloudwatch.SingleValueWidget(
            title="Days",
            metrics=[
                metric_of(metric, period=Duration.hours(1), statistic="Maximum")
                for metric in (DAYS_SINCE_PUBLISHED, NEWEST_INTERACTION_DAYS)
            ],
            width=_WIDTH // 3,
            height=_HEIGHT,
        ),
        cloudwatch.GraphWidget(
            title="Days since a version was published, and of the newest interaction",
            left=[
                metric_of(metric, period=Duration.hours(1), statistic="Maximum")
                for metric in (DAYS_SINCE_PUBLISHED, NEWEST_INTERACTION_DAYS)
            ],
            left_annotations=[limit] if settings.schedule_enabled else [],
            width=_WIDTH // 3,
            height=_HEIGHT,
        ),
        _graph_of(
            "Versions published per day", [metric_of(VERSIONS_PUBLISHED, period=Duration.days(1), statistic="Sum")]
        ),
    ]


def _written(storage: Storage) -> cloudwatch.IMetric:
    return storage.table.metric_consumed_write_capacity_units(period=Duration.days(1), statistic="Sum")


def _graph(title: str, *metrics: Metric, columns: int = 3) -> cloudwatch.GraphWidget:
    return _graph_of(title, [metric_of(metric, period=Duration.days(1)) for metric in metrics], columns=columns)


def _graph_of(title: str, metrics: Sequence[cloudwatch.IMetric], *, columns: int = 3) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_WIDTH // columns, height=_HEIGHT)
