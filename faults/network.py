"""Intercepts all calls of boto3 clients between the code under test and AWS, and makes some of them fail."""

import functools
import json
import os
import random
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import boto3
import botocore.retries.quota
import botocore.useragent
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from faults import aws_double
from faults.aws_double import Answer

Deliver = Callable[[], Answer]
_PLACE = {
    "AWS_ACCESS_KEY_ID": aws_double.ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": aws_double.REGION,
    # Nothing is ever sent there: with an IP address, S3 clients put the bucket into the path.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


class ServiceFaults(Protocol):
    """Decides what happens to a call."""

    def call(self, service: str, operation: str, request: AWSPreparedRequest, deliver: Deliver) -> Answer:
        """Execute the call with ``deliver``, or not, and answer; or raise the exception of a broken connection."""


class Network:
    """The clients' network. S3 and DynamoDB work; for other services, ``answers`` has the answer of each operation."""

    def __init__(self) -> None:
        self.service_faults: ServiceFaults | None = None
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = dict.fromkeys(
            ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"), lambda _: {"Quotas": []}
        )
        self.touched: set[str] = set()  # paths of objects that were written or deleted, so that they can be restored

    def send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        """A handler for botocore's ``before-send`` event: its return value is used as the answer."""
        service, operation = event_name.split(".")[1:]

        def deliver() -> Answer:
            if operation in self.answers:
                asked = json.loads(request.body or b"{}")
                return Answer(200, {}, json.dumps(self.answers[operation](asked)).encode())
            if service == "s3" and request.method in ("PUT", "DELETE"):
                self.touched.add(unquote(urlsplit(request.url).path))
            return aws_double.answer(service, request)

        done = self.service_faults.call(service, operation, request, deliver) if self.service_faults else deliver()
        return aws_double.delivered(done, f"http://{urlsplit(request.url).netloc}")


def connect() -> Network:
    """From now on, boto3's clients in this process reach only the returned network."""
    os.environ.update(_PLACE)
    network = Network()
    session = boto3.session.Session()
    session.events.register("before-send", network.send)
    boto3.DEFAULT_SESSION = session
    # A warm Lambda keeps its clients; creating them anew takes longer than everything else.
    boto3.client, boto3.resource = _kept(session.client), _kept(session.resource)
    # A client that is used for ten thousand schedules would use up its retry quota in the first hundred.
    botocore.retries.quota.RetryQuota.acquire = lambda *_: True
    # Composing the user agent takes as long as signing.
    botocore.useragent.UserAgentString.to_string = lambda _: "faults"
    # The lists to read back are chosen with the system's entropy, but a schedule must be reproducible.
    random.SystemRandom = lambda: random.Random(random.random())  # type: ignore[assignment,misc]
    return network


def _kept(make: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[str, Any] = {}

    @functools.wraps(make)
    def found(service: str, *arguments: Any, config: Any = None, **others: Any) -> Any:
        options = sorted(vars(config)["_user_provided_options"].items()) if config else []
        name = repr((service, arguments, options, sorted(others.items())))
        if name not in kept:
            kept[name] = make(service, *arguments, config=config, **others)
        return kept[name]

    return found
