"""What ``topx --stack`` prints if AWS is unreachable, rejects a call, or has no usable stack of that name."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import exceptions as aws
from botocore.stub import Stubber

from topx.__main__ import main
from topx.aws_problems import AwsProblem, as_aws_problem, sentence
from topx.deployed_stack import UNUSABLE, StackUnusable, described
from topx.deployment import OUTPUTS
from topx.problem import Problem

USER = "arn:aws:iam::111122223333:user/ada"


class Cloud(HTTPServer):
    """Answers every request with ``answer``: a status and a body, like AWS."""

    answer = 200, ""

    def refuse(self, status: int, code: str, message: str) -> None:
        """Answer with a CloudFormation error."""
        reported = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        self.answer = status, f"<ErrorResponse>{reported}<RequestId>1</RequestId></ErrorResponse>"

    def describe(self, status: str, *outputs: str) -> None:
        """Answer with CloudFormation's description of a stack."""
        listed = "".join(
            f"<member><OutputKey>{name}</OutputKey><OutputValue>x</OutputValue></member>" for name in outputs
        )
        stack = f"<member><StackName>shop</StackName><StackStatus>{status}</StackStatus><Outputs>{listed}</Outputs>"
        self.answer = (
            200,
            "<DescribeStacksResponse><DescribeStacksResult><Stacks>"
            f"{stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
        )


class _Answers(BaseHTTPRequestHandler):
    server: Cloud

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing, because pytest shows the output."""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without AWS settings, whoever runs the tests."""
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", str(tmp_path / name))
    for name in ("PROFILE", "DEFAULT_PROFILE", "REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TOPX_HOME", str(tmp_path))
    return monkeypatch


@pytest.fixture(scope="module")
def server() -> Iterator[Cloud]:
    with Cloud(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def cloud(server: Cloud, machine: pytest.MonkeyPatch) -> Cloud:
    """An AWS with the test's answers, and credentials that are good enough to call it."""
    machine.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    machine.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    machine.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    machine.setenv("AWS_REGION", "eu-west-1")
    return server


@pytest.fixture(scope="module")
def cloudformation(server: Cloud) -> Any:
    """A client for it: creating one, as a command line does, takes longer than the test."""
    place = f"http://127.0.0.1:{server.server_port}"
    return boto3.client(
        "cloudformation",
        region_name="eu-west-1",
        endpoint_url=place,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )


def said(capsys: pytest.CaptureFixture[str], *given: str) -> str:
    """The single line with which a failed command ends."""
    assert main([*given, "--stack", "shop"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_no_region(machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no AWS region is set; set the stack's region with --region" in said(capsys, "runs")


def test_no_credentials(machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = said(capsys, "status", "--region", "eu-west-1")
    assert "no AWS credentials were found" in line
    assert "--profile" in line


def test_half_of_the_credentials(machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    machine.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    assert "AWS_SECRET_ACCESS_KEY" in said(capsys, "runs", "--region", "eu-west-1")


def test_no_such_profile(machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no AWS profile 'work'" in said(capsys, "recommend", "u1", "--profile", "work")


def test_no_such_profile_in_the_environment(machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    machine.setenv("AWS_PROFILE", "old")
    assert "there is no AWS profile 'old'" in said(capsys, "runs")


def test_no_such_region(machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'eu west' is not an AWS region" in said(capsys, "runs", "--region", "eu west")


@pytest.mark.parametrize(
    ("status", "code", "message", "words"),
    [
        (
            403,
            "ExpiredToken",
            "The security token has expired",
            ("have expired (ExpiredToken)", "aws sso login --profile work"),
        ),
        (400, "RequestExpired", "Request has expired", ("have expired (RequestExpired)",)),
        (
            403,
            "InvalidClientTokenId",
            "The token is invalid",
            ("does not recognize", "--profile", "The token is invalid"),
        ),
        (403, "SignatureDoesNotMatch", "Signature", ("does not recognize the credentials", "SignatureDoesNotMatch")),
        (
            403,
            "AccessDenied",
            f"User: {USER} is not authorized to perform: cloudformation:DescribeStacks on resource: shop",
            ("may not do cloudformation:DescribeStacks", USER),
        ),
        (400, "ValidationError", "Stack with id shop does not exist", ("no stack 'shop' in eu-west-1", "--region")),
        (400, "Other", "Never seen", ("AWS refused DescribeStacks (Other): Never seen",)),
    ],
)
def test_a_refusal_is_a_sentence_with_a_fix(
    server: Cloud, cloudformation: Any, status: int, code: str, message: str, words: tuple[str, ...]
) -> None:
    server.refuse(status, code, message)
    with pytest.raises(Problem) as reported, as_aws_problem("work"):
        described(cloudformation, "shop", "eu-west-1")
    assert [word for word in words if word not in str(reported.value)] == [], str(reported.value)


def test_the_command_line_says_it_in_one_line(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.refuse(403, "ExpiredToken", "The security token included in the request is expired")
    for command in (["run"], ["watch"], ["cancel"], ["recommend", "u1"], ["runs"], ["rollback"], ["status"]):
        assert said(capsys, *command).startswith("topx: the AWS credentials have expired (ExpiredToken); sign in")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("CREATE_IN_PROGRESS", "still being created (CREATE_IN_PROGRESS)"),
        ("REVIEW_IN_PROGRESS", "never created"),
        ("ROLLBACK_COMPLETE", "its creation failed (ROLLBACK_COMPLETE)"),
        ("UPDATE_IN_PROGRESS", "being updated (UPDATE_IN_PROGRESS)"),
        ("UPDATE_ROLLBACK_FAILED", "failed half-way (UPDATE_ROLLBACK_FAILED)"),
        ("DELETE_IN_PROGRESS", "being deleted (DELETE_IN_PROGRESS)"),
    ],
)
def test_a_stack_that_is_not_ready_is_not_used(server: Cloud, cloudformation: Any, status: str, words: str) -> None:
    server.describe(status, *OUTPUTS)
    with pytest.raises(StackUnusable, match=r"the stack 'shop' cannot be used: ") as reported:
        described(cloudformation, "shop", "eu-west-1")
    assert words in str(reported.value)


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_is_ready_is_used(server: Cloud, cloudformation: Any, status: str) -> None:
    server.describe(status, *OUTPUTS)
    assert described(cloudformation, "shop", "eu-west-1")["StackStatus"] == status


def test_a_stack_of_something_else_is_not_used(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.describe("CREATE_COMPLETE", "BucketName", "WebsiteUrl")
    line = said(capsys, "runs")
    assert "the stack 'shop' is not a topx stack" in line
    assert "TableName, StateMachineArn, AfterPublishingArn, RollbackFunctionName" in line


def test_every_status_that_there_is_has_been_thought_of(cloudformation: Any) -> None:
    shape = cloudformation.meta.service_model.shape_for("StackStatus")
    assert set(shape.enum) - set(UNUSABLE) == {
        "CREATE_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    }
    assert set(UNUSABLE) <= set(shape.enum)


@pytest.mark.parametrize("option", ["--profile", "--region"])
def test_an_option_about_a_stack_needs_one(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["runs", option, "x"])
    assert ended.value.code == 2
    assert f"{option} needs --stack NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("operation", "call", "action"),
    [
        ("list_objects_v2", {"Bucket": "b"}, "s3:ListBucket"),
        ("head_object", {"Bucket": "b", "Key": "k"}, "s3:GetObject"),
        ("put_object", {"Bucket": "b", "Key": "k"}, "s3:PutObject"),
    ],
)
def test_s3_does_not_name_the_action_so_topx_does(operation: str, call: dict[str, str], action: str) -> None:
    s3 = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(s3) as stub:
        stub.add_client_error(operation, "AccessDenied", "Access Denied", 403)
        with pytest.raises(AwsProblem, match=f"of profile 'work' may not do {action};"), as_aws_problem("work"):
            getattr(s3, operation)(**call)


def test_a_failed_upload_says_what_s3_answered(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("u,i")
    s3 = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", "AccessDenied", "not authorized to perform: kms:GenerateDataKey on it", 403)
        with pytest.raises(AwsProblem, match="may not do kms:GenerateDataKey;"), as_aws_problem(None):
            s3.upload_file(str(tmp_path / "a.csv"), "b", "k")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aws.UnauthorizedSSOTokenError(), "sign in again: aws sso login --profile work"),
        (aws.SSOTokenLoadError(profile_name="work", error_msg="gone"), "aws sso login --profile work"),
        (aws.TokenRetrievalError(provider="sso", error_msg="x"), "has expired or was never made"),
        (aws.CredentialRetrievalError(provider="custom-process", error_msg="boom"), "custom-process: boom"),
        (aws.EndpointConnectionError(endpoint_url="https://x"), "AWS does not answer"),
        (aws.ParamValidationError(report="Invalid length"), "the request was not sent to AWS: "),
    ],
)
def test_what_botocore_itself_refuses_is_reported(error: aws.BotoCoreError, words: str) -> None:
    assert words in sentence(error, "work")
