"""A real emulator for this folder's tests: started once, with a new bucket and table for each test."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from contract import recommendation_table
from contract.documents import Code
from tests.unit.local_aws.gated_ministack import CREDENTIALS
from topx.home import REPOSITORY

# What the stack passes to the function that publishes.
_ASSETS = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/assets"
CODE: Code = {
    "version": "3f1c9d2",
    "images": {"prepare": f"{_ASSETS}:1a2b", "prepare_on_spark": f"{_ASSETS}:3c4d"},
}


@dataclass(frozen=True)
class Aws:
    """One test's account: its endpoint, its empty bucket and table, and clients for them."""

    endpoint: str
    bucket: str
    table_name: str
    s3: Any  # boto3 client
    table: Any  # boto3 DynamoDB Table
    states: Any  # boto3 Step Functions client

    def put(self, key: str, body: bytes | str) -> None:
        """Put an object."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def put_json(self, key: str, document: object) -> None:
        """Put a document."""
        self.put(key, json.dumps(document))

    def put_archive(self, key: str, body: bytes) -> None:
        """Put an object whose SHA-256 S3 stores."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")

    def get(self, key: str) -> bytes:
        """An object's bytes."""
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def get_json(self, key: str) -> Any:
        """A document."""
        return json.loads(self.get(key))

    def keys(self, prefix: str = "") -> list[str]:
        """Every key under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


@pytest.fixture(scope="session")
def engine_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulator on a free port of 127.0.0.1, stopped at the end of the session."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("engine")
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **CREDENTIALS,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": CREDENTIALS["AWS_DEFAULT_REGION"],
        "PYTHONPATH": str(REPOSITORY),
    }
    log = home / "engine.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.local_aws.gated_ministack"],
            cwd=home,
            env=variables,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        _await(port, process, log.read_text)
        yield endpoint
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(port: int, process: subprocess.Popen[bytes], output: Any) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the emulator did not come up: {output()}")


@dataclass(frozen=True)
class Clients:
    """The session's clients: creating them takes longer than most tests."""

    session: boto3.session.Session
    s3: Any
    dynamodb: Any  # boto3 DynamoDB resource
    states: Any


@pytest.fixture(scope="session")
def clients(engine_endpoint: str) -> Clients:
    """Clients of the emulator."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", engine_endpoint)
        for variable, value in CREDENTIALS.items():
            patched.setenv(variable, value)
        session = boto3.session.Session()
        return Clients(session, session.client("s3"), session.resource("dynamodb"), session.client("stepfunctions"))


@pytest.fixture
def aws(engine_endpoint: str, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A new bucket and table; the process's environment is that of a deployed Lambda."""
    name = f"topx-{uuid.uuid4().hex[:12]}"
    places = {"AWS_ENDPOINT_URL": engine_endpoint, "BUCKET": name, "TABLE": name, "STACK": "shop"}
    for variable, value in {**CREDENTIALS, **places, "CODE": json.dumps(CODE)}.items():
        monkeypatch.setenv(variable, value)
    # boto3.client() and boto3.resource() use this one, with the credentials from its first use.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", clients.session)
    region = CREDENTIALS["AWS_DEFAULT_REGION"]
    clients.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    keys = (recommendation_table.PARTITION_KEY, recommendation_table.SORT_KEY)
    table = clients.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)],
    )
    return Aws(engine_endpoint, name, name, clients.s3, table, clients.states)
