"""None of ministack's routes answers without a signature, and none besides AWS's APIs answers at all.

The routes are read from ministack's own source, so that those of a later version are tested as well.
"""

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import ministack
import pytest

from local_aws.running_engine import RunningEngine
from tests.unit.local_aws.wire_requests import WireRequest, signed

PACKAGE = Path(ministack.__file__).parent
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# Routes that an attacker would want; all must be found in the source, otherwise the search does not work.
WANTED = {
    "/_ministack/reset",
    "/_ministack/config",
    "/_ministack/health",
    "/_ministack/ready",
    "/_ministack/ses/messages",
    "/_ministack/sqs/messages",
    "/_ministack/sns/sms-messages",
    "/_ministack/lambda-code/",
    "/_ministack/lambda-layers/",
    "/_ministack/rds/iam-auth",
    "/_ministack/cfn-response/",
    "/_ministack/eks-auth/",
    "/_localstack/health",
    "/_aws/execute-api/",
    "/_aws/lambda-url/",
    "/health",
    "/latest/",
    "/oauth2/token",
    "/logout",
}


@cache
def routes() -> list[str]:
    """Every path in ministack's application and router: string literals, or their beginnings."""
    sources = [PACKAGE / "app.py", PACKAGE / "core" / "router.py"]
    literals = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(text for text in literals if re.fullmatch(r"/[A-Za-z0-9_.@/-]{1,80}", text))


def test_the_source_is_searched_well() -> None:
    assert set(routes()) >= WANTED


def asked(running: RunningEngine, requests: list[WireRequest]) -> list[tuple[WireRequest, int]]:
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda request: request.sent(running), requests)
        return [(request, answer.status) for request, answer in zip(requests, answers, strict=True)]


def test_none_answers_without_a_signature(running: RunningEngine, s3: Any, bucket: str) -> None:
    few = [path for path in routes() if path in WANTED or path.startswith("/_")]
    once = [WireRequest("POST", path) for path in routes()]
    each = [WireRequest(method, path) for method, path in product(METHODS, few)]
    answered = [(request, status) for request, status in asked(running, once + each) if status != 403]
    assert answered == []
    assert len(once) > 100
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 3  # nothing was reset


@pytest.mark.parametrize("service", ["s3", "topx"])
def test_what_is_no_api_of_aws_answers_nobody(service: str, running: RunningEngine, s3: Any, bucket: str) -> None:
    """Not even to the administrator."""
    closed = [path for path in routes() if path.startswith("/_") and not path.startswith("/_local_aws/")]
    closed += [path + "000000000000/us-east-1/any/content" for path in closed if path.endswith("/")]
    closed += [path.replace("/_", "/%5F", 1) for path in closed] + ["/%5f%6Dinistack/reset"]
    requests = [signed(running, method, path, service=service) for method, path in product(METHODS, closed)]
    assert {status for _, status in asked(running, requests)} == {404}
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health"),
        ("GET", "/latest/meta-data/iam/security-credentials/"),
        ("PUT", "/latest/api/token"),
        ("GET", "/oauth2/authorize?client_id=x"),
        ("POST", "/oauth2/token"),
        ("GET", "/oauth2/userInfo"),
        ("GET", "/login?client_id=x"),
        ("GET", "/logout"),
        ("GET", "/v2/"),
        ("GET", "/iceberg/v1/config"),
        ("GET", "/pool/.well-known/jwks.json"),
        ("GET", "/v3/credentials"),
        ("GET", "/v4/any/task"),
    ],
)
def test_what_looks_like_a_bucket_is_one(method: str, path: str, running: RunningEngine) -> None:
    answer = signed(running, method, path, service="s3").sent(running)
    assert (answer.status, "<Error>" in answer.body) in ((404, True), (405, True), (400, True)), answer
