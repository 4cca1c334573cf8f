"""Prepares runs to test with: small data of three weeks, and the output of the real stages for each up to loading."""

import json
import os
import random
from dataclasses import dataclass
from typing import Any

import boto3

from contract.run_layout import RunLayout
from faults import right_lists, stages
from faults.network import Network

_USERS, _ITEMS, _ROWS = 11, 24, 150
_REQUEST: dict[str, Any] = {"top_x": 4, "factors": 4, "epochs": 2, "gate": "off", "refit": False}
LAST_BEFORE_LOADING = "Find neighbours"


@dataclass(frozen=True)
class Prepared:
    """A run that is about to load: its objects by key, its state's input, and the right list of each user."""

    run_id: str
    arn: str
    objects: dict[str, bytes]
    data: dict[str, Any]
    due: dict[str, list[str]]


def make_place(name: str) -> None:
    """Create an empty bucket and table called ``name``, and use them as BUCKET and TABLE from now on."""
    os.environ |= {"BUCKET": name, "TABLE": name, "STACK": name, "KEEP_VERSIONS": "1", "KEEP_RUNS_DAYS": "0"}
    os.environ["CODE"] = json.dumps({"version": "faults", "images": {"prepare": stages.PREPARE_IMAGE}})
    os.environ["MODEL_PACKAGE_GROUP"] = ""  # the double has no Model Registry
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    keys = ("pk", "version")
    boto3.resource("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)],
    )


def objects(bucket: str, prefix: str = "") -> dict[str, bytes]:
    """Everything in the bucket by key."""
    client = boto3.client("s3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def put(bucket: str, content: dict[str, bytes]) -> None:
    """Put objects by key."""
    for key, body in content.items():
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def interactions(seed: int) -> bytes:
    """A seeded CSV of user, item and time; each user has several items, each item several users."""
    draw = random.Random(seed)
    rows = ((n % _USERS, (n * 7 + draw.randrange(4)) % _ITEMS, 1_700_000_000 + 3_600 * n) for n in range(_ROWS))
    return ("user,item,time\n" + "".join(f"u{user},i{item},{time}\n" for user, item, time in rows)).encode()


def prepare_runs(network: Network, place: str, weeks: int, seed: int = 0) -> list[Prepared]:
    """Runs in a new bucket, each with its own data, up to "Load recommendations"."""
    make_place(place)
    return [_prepared(network, place, week, seed) for week in range(weeks)]


def _prepared(network: Network, bucket: str, week: int, seed: int) -> Prepared:
    put_input(bucket, seed + week)
    run = new_run(network, week)
    stages.listen(network, lambda: run)
    run.walk("Plan the run", LAST_BEFORE_LOADING)
    return prepared_of(run, bucket)


def put_input(bucket: str, seed: int) -> None:
    """Replace the input by a week's data."""
    dataset = {"user": "user", "item": "item", "timestamp": "time"}
    put(bucket, {"input/dataset.json": json.dumps(dataset).encode(), "input/interactions/a.csv": interactions(seed)})


def new_run(network: Network, week: int) -> stages.Run:
    """The execution for a week, before its first state."""
    return stages.Run(network, f"week-{week}", f"2026-11-{2 + 7 * week:02d}T03:00:00Z", dict(_REQUEST))


def prepared_of(run: stages.Run, bucket: str) -> Prepared:
    """The files of a run so far; its data must still be in the bucket."""
    run_id = run.data["plan"]["run_id"]
    made = {key: body for key, body in objects(bucket).items() if run_id in key or key.startswith("input/")}
    due = right_lists.brute_force(made, RunLayout(bucket, run_id), top_x=_REQUEST["top_x"])
    return Prepared(run_id, run.arn, made, run.data, due)
