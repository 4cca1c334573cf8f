"""input/rules.json and the run's rules: their entries in plan.json, and what is refused."""

import json
from typing import Any

import pytest

from contract import run_layout
from contract.refusal import InputRefused
from lambdas.handlers import plan_run
from lambdas.planning import input_snapshot
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws

EXECUTION = {"arn": "arn:aws:states:eu-west-1:000000000000:execution:topx:rules", "started": "2026-11-23T03:00:00Z"}
RUN_ID = run_layout.run_id_of(EXECUTION["arn"], EXECUTION["started"])
LIMIT = {"column": "brand", "most": 2}
RULES: dict[str, Any] = {"exclude": ["a", 7], "most_per_category": LIMIT, "exclude_seen": False}


@pytest.fixture
def data(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A bucket with the smallest data set whose items have a feature, and rules."""
    monkeypatch.setenv("KEEP_VERSIONS", "3")
    described = {"user": "u", "item": "i", "items": {"id": "i", "features": {"brand": "category"}}}
    aws.put_json("input/dataset.json", described)
    aws.put("input/interactions/one.csv", "u,i\n1,2\n")
    aws.put("input/items/one.csv", "i,brand\n2,x\n")
    aws.put_json("input/rules.json", RULES)
    return aws


def planned(data: Aws, **given: Any) -> dict[str, Any]:
    """plan.json."""
    plan_run.handler({"input": given, "execution": EXECUTION}, None)
    found: dict[str, Any] = data.get_json(f"runs/{RUN_ID}/plan.json")
    return found


def refused(data: Aws, said: str, **given: Any) -> None:
    with pytest.raises(InputRefused) as refusal:
        planned(data, **given)
    assert said in str(refusal.value)


def test_the_plan_holds_the_file_and_its_rules(data: Aws) -> None:
    plan = planned(data)
    assert plan["request"]["rules"] == {"exclude": ["a", 7], "most_per_category": LIMIT}
    assert plan["request"]["exclude_seen"] is False
    (entry,) = plan["input"]["rules"]
    assert (entry["key"], entry["size"]) == ("input/rules.json", len(json.dumps(RULES)))


def test_without_a_file_the_runs_own_rules_hold(data: Aws) -> None:
    data.s3.delete_object(Bucket=data.bucket, Key="input/rules.json")
    plan = planned(data, rules={"only": ["b"]})
    assert (plan["request"]["rules"], plan["request"]["exclude_seen"]) == ({"only": ["b"]}, True)
    assert plan["input"]["rules"] == []


def test_the_runs_fields_take_the_place_of_the_files(data: Aws) -> None:
    plan = planned(data, rules={"exclude": ["c"], "most_per_category": None}, exclude_seen=True)
    assert (plan["request"]["rules"], plan["request"]["exclude_seen"]) == ({"exclude": ["c"]}, True)


def test_a_repeated_state_finds_the_same_rules(data: Aws) -> None:
    once = planned(data)
    data.put_json("input/rules.json", {})
    assert planned(data) == once


def test_what_does_not_fit_the_data_is_refused(data: Aws) -> None:
    refused(data, "the rule exclude names column 'genre'", rules={"exclude": [{"column": "genre", "values": ["x"]}]})
    refused(data, "names no timestamp column; name one", exclude_seen={"days": 7})
    data.put("input/rules.json", "{'exclude': []}")
    refused(data, "input/rules.json is not JSON: ")
    data.put_json("input/rules.json", {"excluded": []})
    refused(data, "input/rules.json: excluded is not a rule (the rules: exclude, only, ")
    assert not data.keys("runs/")


@pytest.mark.parametrize("change", ["replaced", "vanished", "appeared"])
def test_rules_that_change_during_the_run_refuse_it(data: Aws, change: str) -> None:
    if change == "appeared":
        data.s3.delete_object(Bucket=data.bucket, Key="input/rules.json")
    plan = planned(data)
    documents = JsonDocuments(data.s3, data.bucket)
    input_snapshot.refuse_changed(documents, plan)
    if change == "vanished":
        data.s3.delete_object(Bucket=data.bucket, Key="input/rules.json")
    else:
        data.put("input/rules.json", json.dumps({"exclude": ["b", 8]}))
    with pytest.raises(InputRefused, match=rf"input/rules\.json (was )?{change}"):
        input_snapshot.refuse_changed(documents, plan)
