"""Requests that are encoded as a whole, compared with botocore's encoding by the service's model."""

from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from lambdas.encoded_requests import encode_at_once

ITEM = {
    "pk": {"S": 'user#J\u00fcrgen \u65e5 "quoted"'},
    "sk": {"S": "v"},
    "items": {"L": [{"S": "a"}, {"S": ""}]},
    "scores": {"L": [{"N": "0.5"}, {"N": "-1e-05"}]},
    "packed": {"B": b"\x00\xff\x10"},
    "none": {"NULL": True},
    "inside": {"M": {"flag": {"BOOL": False}}},
}
REQUESTS = {"topx": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": {"pk": {"S": "a"}, "sk": {"S": "v"}}}}]}


def client() -> BaseClient:
    return boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        endpoint_url="http://127.0.0.1:9",
        config=Config(parameter_validation=False),
    )


class Sent(Exception):
    """Captures the request instead of sending it."""


def sent(of: Any, method: str, **request: Any) -> Any:
    def keep(request: Any, **_: object) -> None:
        raise Sent(request)

    of.meta.events.register("before-send.dynamodb", keep)
    with pytest.raises(Sent) as found:
        getattr(of, method)(**request)
    return found.value.args[0]


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("batch_write_item", {"RequestItems": REQUESTS}),
        ("batch_write_item", {"RequestItems": {}, "ReturnConsumedCapacity": "TOTAL"}),
        ("put_item", {"TableName": "topx", "Item": ITEM}),
    ],
)
def test_the_same_bytes_go_to_the_same_place_and_are_signed(method: str, request_: dict[str, Any]) -> None:
    ours = client()
    encode_at_once(ours)
    found, expected = sent(ours, method, **request_), sent(client(), method, **request_)
    assert (found.url, found.body) == (expected.url, expected.body)
    headers = ("Content-Length", "Content-Type", "X-Amz-Target")
    assert [found.headers[name] for name in headers] == [expected.headers[name] for name in headers]
    assert found.headers["Authorization"].startswith(b"AWS4-HMAC-SHA256")


def test_two_requests_of_one_client_do_not_meet() -> None:
    ours = client()
    encode_at_once(ours)
    encode_at_once(ours)
    bodies = [sent(ours, "batch_write_item", RequestItems={name: REQUESTS["topx"]}).body for name in ("one", "two")]
    assert [b'"one"' in body for body in bodies] == [True, False]


def test_botocore_is_given_nothing_to_walk_through() -> None:
    ours, walked = client(), []
    encode_at_once(ours)

    def keep(params: dict[str, Any], **_: object) -> None:
        walked.append(params)

    ours.meta.events.register("before-parameter-build.dynamodb.BatchWriteItem", keep)
    sent(ours, "batch_write_item", RequestItems=REQUESTS)
    assert walked == [{"RequestItems": {}}]
