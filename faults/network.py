"""Between the code under test and AWS: every call of every boto3 client passes here, and some of them go wrong."""

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
    # Nothing is ever sent there: an address makes S3 put the bucket into the path.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


class Weather(Protocol):
    """Decides what becomes of a call."""

    def call(self, service: str, operation: str, request: AWSPreparedRequest, deliver: Deliver) -> Answer:
        """Have the call done by ``deliver``, or not, and answer; or raise what a broken connection raises."""


class Network:
    """The clients' way to AWS. S3 and DynamoDB are there; of other services, what ``answers`` holds by operation."""

    def __init__(self) -> None:
        self.weather: Weather | None = None
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = dict.fromkeys(
            ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"), lambda _: {"Quotas": []}
        )
        self.touched: set[str] = set()  # paths of objects that were put or deleted, so that they can be restored

    def send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        """A handler of botocore's ``before-send``: what it returns is taken for the answer."""
        service, operation = event_name.split(".")[1:]

        def deliver() -> Answer:
            if operation in self.answers:
                asked = json.loads(request.body or b"{}")
                return Answer(200, {}, json.dumps(self.answers[operation](asked)).encode())
            if service == "s3" and request.method in ("PUT", "DELETE"):
                self.touched.add(unquote(urlsplit(request.url).path))
            return aws_double.answer(service, request)

        done = self.weather.call(service, operation, request, deliver) if self.weather else deliver()
        return aws_double.delivered(done, f"http://{urlsplit(request.url).netloc}")


def connect() -> Network:
    """From now on, boto3's clients in this process reach nothing but the network that is returned."""
    os.environ.update(_PLACE)
    network = Network()
    session = boto3.session.Session()
    session.events.register("before-send", network.send)
    boto3.DEFAULT_SESSION = session
    # A Lambda's environment keeps its clients while it is warm; making them anew takes longer than all else.
    boto3.client, boto3.resource = _kept(session.client), _kept(session.resource)
    # One that is kept over ten thousand schedules would use up its quota of retries in the first hundred.
    botocore.retries.quota.RetryQuota.acquire = lambda *_: True
    # Putting together what a client calls itself takes as long as signing does.
    botocore.useragent.UserAgentString.to_string = lambda _: "faults"
    # Which lists are read back is drawn from the system's entropy, and a schedule must be the same each time.
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
