"""Which AWS errors are transient, and that every function treats them so."""

import ast
import http.client
import io
import random
from collections.abc import Callable
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from contract.refusal import InputRefused
from lambdas import aws_clients
from lambdas.aws_clients import AwsUnavailable, is_transient, patiently, report_as_unavailable
from lambdas.s3_json import JsonDocuments
from topx.home import REPOSITORY
from workflow.stages import FUNCTIONS

BROKEN = [
    EndpointConnectionError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    ReadTimeoutError(endpoint_url="x"),
    HTTPClientError(error="reset"),
    ResponseStreamingError(error="cut"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
]


def answer(code: str, status: int, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}, "Any")


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_a_broken_connection_passes(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("Whatever", 502),
        ("Whatever", 504),
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("RequestTimeout", 400),
        ("TooManyRequestsException", 429),
    ],
)
def test_throttling_and_a_servers_fault_pass(code: str, status: int) -> None:
    assert is_transient(answer(code, status))


def test_a_throttled_transaction_passes_and_a_condition_does_not() -> None:
    def cancelled(*codes: str) -> ClientError:
        reasons = [{"Code": code} for code in codes]
        return answer("TransactionCanceledException", 400, CancellationReasons=reasons)

    assert is_transient(cancelled("None", "ThrottlingError"))
    assert not is_transient(cancelled("None", "ConditionalCheckFailed"))


@pytest.mark.parametrize(
    "error",
    [
        answer("AccessDenied", 403),
        answer("NoSuchKey", 404),
        answer("ValidationException", 400),
        answer("StateNotSaved", 507),
        NoCredentialsError(),
        InputRefused("x"),
        KeyError("x"),
    ],
    ids=repr,
)
def test_a_mistake_does_not(error: Exception) -> None:
    assert not is_transient(error)


def test_what_outlasts_the_attempts_has_one_name_and_everything_else_its_own() -> None:
    def failing(error: Exception) -> Callable[..., Any]:
        def handler(_event: Any, _context: object) -> None:
            raise error

        return report_as_unavailable(handler)

    for error in BROKEN:
        with pytest.raises(AwsUnavailable, match=r"^AwsUnavailable: .*redrive"):
            failing(error)({}, None)
    with pytest.raises(InputRefused):
        failing(InputRefused("x"))({}, None)
    with pytest.raises(KeyError):
        failing(KeyError("x"))({}, None)


def test_every_handler_reports_it_and_makes_its_clients_here() -> None:
    """A handler without the decorator, or with its own client, would end a run at the first transient error."""
    handlers = 0
    for file in sorted((REPOSITORY / "lambdas").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"):
            handlers += 1
            decorators = [ast.unparse(one) for one in function.decorator_list]
            assert decorators == ["run_log.keyed", "aws_clients.report_as_unavailable"], file
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert "boto3" not in imported or file.name == "aws_clients.py", file
    assert handlers > 10


class Bodies:
    """An S3 with one object, whose connection breaks in the middle of the first bodies."""

    def __init__(self, content: bytes, breaks: int) -> None:
        self._content, self.breaks = content, breaks

    def get_object(self, **_where: str) -> dict[str, Any]:
        if self.breaks:
            self.breaks -= 1
            return {"Body": _Breaking(self._content[:3])}
        return {"Body": io.BytesIO(self._content)}


class _Breaking(io.BytesIO):
    def read(self, *size: int) -> bytes:
        found = super().read(*size)
        if not found or not size or size[0] in (-1, None):
            raise ResponseStreamingError(error="Connection broken: IncompleteRead(3 bytes read, 3 more expected)")
        return found


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_clients.time, "sleep", lambda _: None)


def test_a_body_that_breaks_off_is_read_again_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patiently, "__kwdefaults__", {**patiently.__kwdefaults__, "pause": lambda _: None})
    assert JsonDocuments(Bodies(b'{"a": 1}', breaks=3), "b").find("k") == {"a": 1}
    file = io.BytesIO(b"of an earlier attempt, and longer than the object")
    JsonDocuments(Bodies(b"abcdef", breaks=3), "b").download("k", file)
    assert file.getvalue() == b"abcdef"
    with pytest.raises(ResponseStreamingError):
        JsonDocuments(Bodies(b"abcdef", breaks=aws_clients.ATTEMPTS), "b").find_bytes("k")


def test_waits_are_drawn_from_zero_to_a_limit_that_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: (low, high))
    waits: list[Any] = []

    def read() -> bytes:
        raise HTTPClientError(error="reset")

    with pytest.raises(HTTPClientError):
        patiently(read, pause=waits.append)
    assert waits == [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (0, 20), (0, 20)]


class Ending:
    """The context of a function that may still run for this long."""

    def __init__(self, seconds: float) -> None:
        self._millis = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._millis


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address without a listener."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(aws_clients.boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda _: None)
    return "http://127.0.0.1:9"


CALLS: dict[str, Callable[[], Any]] = {
    "client": lambda: aws_clients.client("s3").get_object(Bucket="b", Key="k"),
    "table": lambda: aws_clients.table("t").get_item(Key={"pk": "a"}),
    "impatient": lambda: aws_clients.impatient_table_client().get_item(TableName="t", Key={"pk": {"S": "a"}}),
}


@pytest.mark.parametrize("make", CALLS)
@pytest.mark.parametrize("seconds", [20, 600])
def test_no_call_begins_that_could_outlast_the_function(make: str, seconds: float, unreachable: str) -> None:
    """Lambda would end the function in the middle, and the error would have no reason."""
    handler = report_as_unavailable(lambda _event, _context: CALLS[make]())
    with pytest.raises(AwsUnavailable) as reported:
        handler({}, Ending(seconds))
    assert ("was not made: it may take" in str(reported.value)) == (seconds == 20)
    assert (unreachable in str(reported.value)) == (seconds == 600)


def test_a_function_has_time_for_every_repeat_of_its_first_call() -> None:
    """All attempts time out, and each wait is the longest possible."""
    attempt = aws_clients._SECONDS_TO_CONNECT + aws_clients._SECONDS_TO_READ
    waits = sum(min(20, 2**number) for number in range(aws_clients.ATTEMPTS - 1))
    shortest = min(function.minutes for function in FUNCTIONS.values()) * 60
    assert shortest >= 4 * attempt + waits, "half of the attempts, at the least"


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError("reset"), TimeoutError(), http.client.IncompleteRead(b"", 3)],
    ids=lambda error: type(error).__name__,
)
def test_pythons_own_errors_of_a_connection_pass_too(error: Exception) -> None:
    assert is_transient(error)
    assert not is_transient(OSError("no space left"))


@pytest.mark.parametrize("code", ["TransactionConflictException", "RequestTimeTooSkewed", "InternalFailure"])
def test_other_codes_that_say_not_now(code: str) -> None:
    assert is_transient(answer(code, 400))


def test_every_code_that_botocore_repeats_passes() -> None:
    """What botocore retried without success must be raised as AwsUnavailable, not with a name that nothing retries."""
    codes = {*ThrottledRetryableChecker._THROTTLED_ERROR_CODES, *TransientRetryableChecker._TRANSIENT_ERROR_CODES}
    assert [code for code in codes if not is_transient(answer(code, 400))] == []
