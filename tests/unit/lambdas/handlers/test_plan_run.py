import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import run_request
from contract.refusal import InputRefused, RequestRefused
from lambdas.handlers.plan_run import RunIdTaken
from lambdas.planning import input_snapshot
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import CODE, Aws
from tests.unit.lambdas.planning import DATASET, EXECUTION, ROWS, RUN_ID, plan, smallest
from workflow import instance_types


@pytest.fixture
def data(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    return smallest(aws, monkeypatch)


def test_an_empty_input_makes_a_whole_plan(data: Aws) -> None:
    state = plan()
    stored = data.get_json(f"runs/{RUN_ID}/plan.json")
    assert (state["run_id"], state["dry_run"]) == (RUN_ID, False)
    assert state["manifest"] == f"runs/{RUN_ID}/parts.json"
    assert state["retirement"] == f"runs/{RUN_ID}/retirement.json"
    assert stored["request"] == run_request.parse({})
    assert stored["dataset"] == DATASET
    assert stored["execution"] == EXECUTION
    assert stored["keep_versions"] == 3
    assert {
        name: state[name]
        for name in ("prepare", "fm", "extract", "refit", "refit_extract", "knn", "transform", "outcome")
    } == stored["stages"]
    (entry,) = stored["input"]["objects"]
    assert (entry["key"], entry["size"]) == ("input/interactions/one.csv", len(ROWS))
    assert entry["etag"] == data.s3.head_object(Bucket=data.bucket, Key=entry["key"])["ETag"].strip('"')


def test_what_the_states_carry_is_small(data: Aws) -> None:
    for number in range(30):
        data.put(f"input/interactions/{'long-name-' * 20}{number}.csv", ROWS)
    assert len(json.dumps(plan())) < 8_000


def test_a_repeated_state_gets_the_same_plan_even_if_the_data_has_changed(data: Aws) -> None:
    first = plan()
    stored = data.get(f"runs/{RUN_ID}/plan.json")
    data.put("input/interactions/two.csv", ROWS)
    assert plan() == first
    assert data.get(f"runs/{RUN_ID}/plan.json") == stored


def test_another_execution_gets_another_run(data: Aws) -> None:
    other = {**EXECUTION, "arn": EXECUTION["arn"] + "-2"}
    assert plan()["run_id"] != plan(execution=other)["run_id"]


def test_two_executions_with_one_id_do_not_share_a_plan(data: Aws) -> None:
    plan()
    stored = data.get_json(f"runs/{RUN_ID}/plan.json")
    stored["execution"]["arn"] = "another"
    data.put_json(f"runs/{RUN_ID}/plan.json", stored)
    with pytest.raises(RunIdTaken, match="belongs to another"):
        plan()


def test_a_dry_run_says_so_and_shows_the_plan(data: Aws) -> None:
    assert plan({"dry_run": True})["dry_run"] is True
    assert data.get_json(f"runs/{RUN_ID}/plan.json")["request"]["dry_run"] is True


def test_faults_of_the_request_come_first_and_all_at_once(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP_VERSIONS", "3")
    with pytest.raises(RequestRefused) as refusal:
        plan(
            {
                "top_x": 0,
                "training_instance_type": "ml.c5.huge",
                "colour": 1,
                "transform_instance_type": "ml.p5.48xlarge",
            }
        )
    message = str(refusal.value)
    for words in ("top_x must", "training_instance_type must", "colour is not", "transform_instance_type must"):
        assert words in message
    assert "dataset.json" not in message
    assert aws.keys() == []


@pytest.mark.usefixtures("data")
def test_spark_is_refused_where_it_was_not_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**EXECUTION, "arn": EXECUTION["arn"] + "-2"}
    assert plan({"prepare_engine": "spark"})["prepare"]["image"] == CODE["images"]["prepare_on_spark"]
    monkeypatch.setenv("CODE", json.dumps({**CODE, "images": {"prepare": "any"}}))
    with pytest.raises(RequestRefused, match=r'prepare_engine must be "single" or null.*the setting spark_base_image'):
        plan({"prepare_engine": "spark"}, execution=other)
    assert plan({"prepare_engine": "single"}, execution=other)["prepare"]["image"] == "any"


def test_each_kind_of_job_has_its_own_instance_types() -> None:
    types = instance_types.by_field()
    assert "ml.t3.medium" in types["prepare_instance_type"]
    assert "ml.t3.medium" not in types["transform_instance_type"]
    assert "ml.p4d.24xlarge" in types["training_instance_type"]
    assert "ml.p4d.24xlarge" not in types["extract_instance_type"]
    assert set(types) == {field.name for field in run_request.FIELDS if field.name.endswith("_instance_type")}
    assert all(field.default in {None, *types[field.name]} for field in run_request.FIELDS if field.name in types)


DATA_FAULTS = {
    "dataset": "input/dataset.json is missing",
    "interactions": "no data under input/interactions/",
    "items": "no data under input/items/",
    "users": "no data under input/users/",
    "value": "names no value column",
    "limit": "reject_limit must be a number 0..1",
}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(faulty=st.sets(st.sampled_from(sorted(DATA_FAULTS)), min_size=1))
def test_faults_of_the_data_are_told_all_at_once(aws: Aws, faulty: set[str]) -> None:
    for key in aws.keys("input/"):
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    described: dict[str, Any] = {"user": "u", "item": "i"}
    if "value" not in faulty:
        described["value"] = "v"
    if "items" in faulty:
        described["items"] = {"id": "i", "title": "t"}
    if "users" in faulty:
        described["users"] = {"id": "u", "features": {"age": "number"}}
    if "limit" in faulty:
        described["reject_limit"] = 2
    if "dataset" not in faulty:
        aws.put_json("input/dataset.json", described)
    if "interactions" not in faulty:
        aws.put("input/interactions/a.csv", "u,i\n")
    reported = faulty & {"dataset", "interactions"}
    if "dataset" not in faulty:
        # An unreadable dataset.json has no information about values or items.
        reported |= faulty & {"limit"} if "limit" in faulty else faulty
    with pytest.raises(InputRefused) as refusal:
        input_snapshot.take(JsonDocuments(aws.s3, aws.bucket), "explicit")
    assert {name for name, words in DATA_FAULTS.items() if words in str(refusal.value)} == reported


def test_a_missing_description_is_refused_with_bucket_key_and_fix(data: Aws) -> None:
    data.s3.delete_object(Bucket=data.bucket, Key="input/dataset.json")
    with pytest.raises(InputRefused) as refusal:
        plan()
    for words in ("InputRefused: ", "input/dataset.json", data.bucket, '{"user": "user_id", "item": "item_id"}'):
        assert words in str(refusal.value)
    assert data.keys("runs/") == []


def test_markers_are_no_data(data: Aws) -> None:
    data.s3.delete_object(Bucket=data.bucket, Key="input/interactions/one.csv")
    for key in ("_SUCCESS", ".hidden.csv", "day=1/_metadata", "_temporary/0/part.csv"):
        data.put(f"input/interactions/{key}", "text")
    data.put("input/interactions/folder/", "some consoles put bytes here")
    data.put("input/interactions/empty.csv", "")
    with pytest.raises(InputRefused, match="no data under input/interactions/"):
        plan()
    data.put("input/interactions/day=1/a_b.csv.gz", "x")
    plan()
    objects = data.get_json(f"runs/{RUN_ID}/plan.json")["input"]["objects"]
    assert [entry["key"] for entry in objects] == ["input/interactions/day=1/a_b.csv.gz"]


def test_a_table_whose_log_says_which_files_count_is_refused(data: Aws) -> None:
    data.put("input/items/_delta_log/0.json", "of items, which dataset.json does not name")
    plan()
    data.put("input/interactions/_delta_log/0.json", "{}")
    with pytest.raises(InputRefused, match=r"input/interactions/ holds a table of Delta Lake"):
        plan(execution={**EXECUTION, "arn": EXECUTION["arn"] + "-2"})


def test_more_objects_than_a_page_of_s3_are_all_seen(data: Aws) -> None:
    class Paged:
        """The bucket's client, with two keys on a page instead of a thousand."""

        def get_paginator(self, operation: str) -> Any:
            paginator = data.s3.get_paginator(operation)
            original = paginator.paginate
            paginator.paginate = lambda **request: original(**request, PaginationConfig={"PageSize": 2})
            return paginator

    for number in range(5):
        data.put(f"input/interactions/part-{number}.csv", ROWS)
    found = input_snapshot.data_files(JsonDocuments(Paged(), data.bucket), "input/interactions/")
    assert len(found) == 6


def test_items_and_users_are_snapshot_only_when_the_description_names_them(data: Aws) -> None:
    data.put("input/items/films.csv", "id,title\n")
    data.put("input/users/people.csv", "id,age\n")
    names = [entry["InputName"] for entry in plan()["prepare"]["inputs"]]
    assert names == ["interactions", "plan"]
    users = {"id": "id", "features": {"age": "number"}}
    data.put_json("input/dataset.json", {**DATASET, "items": {"id": "id", "title": "title"}, "users": users})
    other = plan(execution={**EXECUTION, "arn": "b"})
    assert [entry["InputName"] for entry in other["prepare"]["inputs"]] == ["interactions", "plan", "items", "users"]
    snapshot = data.get_json(f"runs/{other['run_id']}/plan.json")["input"]
    assert [snapshot[side][0]["key"] for side in ("items", "users")] == [
        "input/items/films.csv",
        "input/users/people.csv",
    ]
