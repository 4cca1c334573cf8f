"""Log lines that CloudWatch turns into metrics."""

import json
import math
import time

import pytest

from lambdas import emf
from tests.unit.lambdas.embedded_metrics import data_of
from workflow import run_metrics
from workflow.run_metrics import COST, METRICS, NDCG, USERS


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "shop")


def test_every_metric_of_the_table_is_made_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    emf.emit({metric: number / 8 for number, metric in enumerate(METRICS)}, run_id="run-1")
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    found = data_of(said)
    assert [(datum.name, datum.unit, datum.value) for datum in found] == [
        (metric.name, metric.unit, number / 8) for number, metric in enumerate(METRICS)
    ]
    assert {(datum.namespace, datum.dimensions) for datum in found} == {("topx", (("Stack", "shop"),))}
    assert all(abs(datum.milliseconds / 1000 - time.time()) < 60 for datum in found)
    assert json.loads(said)["run_id"] == "run-1"


def test_what_is_not_known_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    emf.emit({USERS: 0, NDCG: None, COST: math.nan}, run_id="run-1")
    (datum,) = data_of(capsys.readouterr().out)
    assert (datum.name, datum.value) == ("Users", 0)
    emf.emit({NDCG: None}, run_id="run-1")
    assert capsys.readouterr().out == ""


def test_the_table_names_each_metric_once_and_all_of_them() -> None:
    named = [value for value in vars(run_metrics).values() if isinstance(value, run_metrics.Metric)]
    assert sorted(metric.name for metric in named) == sorted({metric.name for metric in METRICS})
    assert len(METRICS) == len(named)
