"""S3 and DynamoDB in this process: the embedded AWS's own services, called without a server.

It is the same code that the unit tests of the Lambdas use over HTTP, including conditions, transactions and their
client tokens. Its answers are turned into the form that botocore expects from the network.
"""

import io
import logging
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import dynamodb, s3

# Otherwise, every table and bucket created would log a line.
for _service in ("dynamodb", "s3"):
    logging.getLogger(_service).setLevel(logging.WARNING)

REGION = "eu-west-1"
ACCOUNT = "000000000000"
_SERVICES = {"dynamodb": dynamodb, "s3": s3}


@dataclass(frozen=True)
class Answer:
    """A service's answer before it is delivered."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Body(io.BytesIO):
    """The body of an answer in urllib3's form."""

    def stream(self, amount: int = 65536, decode_content: bool | None = None) -> "_Body":
        del amount, decode_content
        return self


def answer(service: str, request: AWSPreparedRequest) -> Answer:
    """Execute ``request`` on ``s3`` or ``dynamodb``, and return the answer."""
    set_request_account_id(ACCOUNT)
    set_request_region(REGION)
    url = urlsplit(request.url)
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    query = parse_qs(url.query, keep_blank_values=True)
    work = _SERVICES[service].handle_request(request.method, url.path, headers, _bytes(request.body), query)
    try:
        work.send(None)
    except StopIteration as done:
        status, answered, body = done.value
    else:  # no operation used here waits for anything
        raise AssertionError(f"{service} wants to wait")
    content = body if isinstance(body, bytes) else str(body).encode()
    return Answer(status, {name: str(value) for name, value in answered.items()}, content)


def delivered(answered: Answer, url: str) -> AWSResponse:
    """The answer as botocore reads it."""
    return AWSResponse(url, answered.status, HeadersDict(answered.headers), _Body(answered.body))


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    read = getattr(body, "read", None)
    assert read is not None
    content: bytes = read()
    return content
