"""S3 and DynamoDB in this process: the embedded AWS's own services, called without a server between.

They are the code that the unit tests hold the Lambdas against over HTTP, conditions, transactions and their client
tokens included. What they answer is turned into what botocore takes for an answer from the network.
"""

import io
import logging
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import dynamodb, s3

# Every table and bucket that is made would be a line.
for _service in ("dynamodb", "s3"):
    logging.getLogger(_service).setLevel(logging.WARNING)

REGION = "eu-west-1"
ACCOUNT = "000000000000"
_SERVICES = {"dynamodb": dynamodb, "s3": s3}


@dataclass(frozen=True)
class Answer:
    """What a service answers, before it is on its way."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Body(io.BytesIO):
    """An answer's body as urllib3 gives it."""

    def stream(self, amount: int = 65536, decode_content: bool | None = None) -> "_Body":
        del amount, decode_content
        return self


def answer(service: str, request: AWSPreparedRequest) -> Answer:
    """Do what ``request`` asks of ``s3`` or ``dynamodb``, and say what came of it."""
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
    else:  # nothing of what is used here waits for anything
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
