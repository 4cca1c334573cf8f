"""Unsigned requests do not reach the engine: attacks as they would be sent, and requests that must still work."""

import base64
import io
import json
import os
import socket
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import botocore.auth
import pytest
from botocore.exceptions import ClientError

from local_aws import engine
from local_aws.running_engine import KeyRefused, RunningEngine
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials
from tests.unit.local_aws.conftest import client_of
from tests.unit.local_aws.wire_requests import WireRequest, signed

EVIL = "https://evil.example"
ANYBODY = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [ANYBODY]})
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
FORM = "application/x-www-form-urlencoded"


def code_of(body: str) -> str:
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("index.py", body)
        return base64.b64encode(buffer.getvalue()).decode()


def attack(service: str, key: str = "000000000000") -> dict[str, str]:
    """A signature in the query that needs no secret: a page may send it without a preflight."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{key}/{now[:8]}/us-east-1/{service}/aws4_request"
    return {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": scope,
        "X-Amz-Date": now,
        "X-Amz-Expires": "600",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "00" * 32,
    }


def the_three(signature: Callable[[str], dict[str, str]], name: str) -> list[WireRequest]:
    """CreateRole, CreateFunction, Invoke."""
    role = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": name, "AssumeRolePolicyDocument": TRUST}
    function = {
        "FunctionName": name,
        "Role": f"arn:aws:iam::000000000000:role/{name}",
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Code": {"ZipFile": code_of("def handler(event, context):\n    return 1\n")},
    }
    functions = "/2015-03-31/functions"
    asked = [
        ("iam", "/", urlencode(role).encode(), FORM),
        ("lambda", functions, json.dumps(function).encode(), "text/plain"),
        ("lambda", f"{functions}/{name}/invocations", b"{}", "text/plain"),
    ]
    return [
        WireRequest("POST", f"{path}?{urlencode(signature(service))}".rstrip("?"), {"Content-Type": kind}, body)
        for service, path, body, kind in asked
    ]


def is_there(running: RunningEngine, name: str) -> tuple[bool, bool]:
    roles = client_of(running, "iam").get_paginator("list_roles").paginate()
    functions = client_of(running, "lambda").get_paginator("list_functions").paginate()
    return (
        name in {role["RoleName"] for page in roles for role in page["Roles"]},
        name in {function["FunctionName"] for page in functions for function in page["Functions"]},
    )


@pytest.mark.parametrize(
    "signature",
    [attack, lambda service: attack(service, "test"), lambda _: {}],
    ids=["of the account", "of the key test", "none"],
)
@pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {}])
def test_the_attack_of_a_web_page_comes_to_nothing(
    headers: dict[str, str], signature: Callable[[str], dict[str, str]], running: RunningEngine
) -> None:
    name = f"evil-{time.time_ns()}"
    answers = [request.but(**headers).sent(running) for request in the_three(signature, name)]
    assert [answer.status for answer in answers] == [403, 403, 403]
    assert is_there(running, name) == (False, False)


def test_the_same_three_do_it_for_the_administrator(running: RunningEngine) -> None:
    """So that the test above does not pass merely because its requests are invalid."""
    name = f"good-{time.time_ns()}"
    for service, plain in zip(("iam", "lambda", "lambda"), the_three(lambda _: {}, name), strict=True):
        request = signed(running, "POST", plain.target, service=service, body=plain.body, headers=plain.headers)
        answer = request.sent(running)
        assert answer.status in (200, 201), answer.body
    assert answer.body == "1"
    assert is_there(running, name) == (True, True)


def put(running: RunningEngine, bucket: str, **more: Any) -> WireRequest:
    headers = {"x-amz-meta-colour": "green", "Content-Type": "text/plain"}
    return signed(running, "PUT", f"/{bucket}/key?x-id=PutObject", service="s3", body=b"good", headers=headers, **more)


def is_kept(s3: Any, bucket: str) -> bool:
    return "key" in [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


CHANGES: dict[str, Callable[[WireRequest], WireRequest]] = {
    "the body": lambda sent: replace(sent, body=b"evil"),
    "the body and its hash": lambda sent: replace(sent.but(x_amz_content_sha256="0" * 64), body=b"evil"),
    "the body, said to be unsigned": lambda sent: replace(
        sent.but(x_amz_content_sha256="UNSIGNED-PAYLOAD"), body=b"evil"
    ),
    "the body, without a hash": lambda sent: replace(sent.but(x_amz_content_sha256=None), body=b"evil"),
    "the path": lambda sent: replace(sent, target=sent.target.replace("key", "other")),
    "the path's encoding": lambda sent: replace(sent, target=sent.target.replace("key", "k%65y")),
    "the query": lambda sent: replace(sent, target=f"{sent.target}&acl"),
    "the method": lambda sent: replace(sent, method="DELETE"),
    "a header": lambda sent: sent.but(x_amz_meta_colour="red"),
    "a header left out": lambda sent: sent.but(x_amz_meta_colour=None),
    "a header that was not signed": lambda sent: sent.but(x_amz_acl="public-read"),
    "the time": lambda sent: sent.but(x_amz_date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 60))),
    "the host's other name": lambda sent: sent.but(host="localhost:{port}"),
    "no signature": lambda sent: sent.but(authorization=None),
    "another kind": lambda sent: sent.but(authorization="Bearer any"),
    "the old kind": lambda sent: sent.but(authorization="AWS 000000000000:c2lnbmF0dXJl"),
    "a key of ministack's": lambda sent: sent.but(
        authorization=sent.headers["Authorization"].replace(sent.headers["Authorization"].split("/")[0], _HEAD)
    ),
    "no host among what is signed": lambda sent: sent.but(
        authorization=sent.headers["Authorization"].replace(";host", "")
    ),
    "two places": lambda sent: replace(sent, target=f"{sent.target}&{urlencode(attack('s3'))}"),
    "an old key in the query": lambda sent: replace(sent, target=f"{sent.target}&AWSAccessKeyId=000000000000"),
    "a session's token": lambda sent: sent.but(x_amz_security_token="any"),
}
_HEAD = "AWS4-HMAC-SHA256 Credential=000000000000"


@pytest.mark.parametrize("change", CHANGES)
def test_a_request_that_was_changed_after_it_was_signed_is_refused(
    change: str, running: RunningEngine, bucket: str, s3: Any
) -> None:
    changed = CHANGES[change](put(running, bucket))
    port = str(urlsplit(running.endpoint).port)
    changed = replace(changed, headers={name: text.replace("{port}", port) for name, text in changed.headers.items()})
    answer = changed.sent(running)
    assert answer.status in (400, 403), answer
    assert answer.body.startswith("<?xml")
    assert not is_kept(s3, bucket)
    assert put(running, bucket).sent(running).status == 200
    assert is_kept(s3, bucket)


def test_a_request_says_whose_it_is_once(running: RunningEngine) -> None:
    """ministack looks for the first key in the header; a session's owner could put another before it."""
    iam, arn = client_of(running, "iam"), "arn:aws:iam::000000000000:user/nobody"
    iam.create_user(UserName="nobody")
    made = iam.create_access_key(UserName="nobody")["AccessKey"]
    key = RoleCredentials(made["AccessKeyId"], made["SecretAccessKey"], None)
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    honest = signed(running, "POST", service="sts", body=body, headers={"Content-Type": FORM}, key=key)
    assert arn in honest.sent(running).body
    forged = "Credential=000000000000/20261127/us-east-1/sts/aws4_request"
    given = honest.headers["Authorization"]
    for lie in (
        given.replace("SignedHeaders=", f"SignedHeaders={forged};"),
        given.replace("Credential=", f"{forged}, Credential="),
        given.replace("AWS4-HMAC-SHA256 ", f"AWS4-HMAC-SHA256 Extra={forged}, "),
        given.replace(f"Credential={key.access_key}", f"Credential={forged}/{key.access_key}"),
        f"{given}, {forged}",
    ):
        answer = honest.but(authorization=lie).sent(running)
        assert (answer.status in (400, 403), ":root" in answer.body) == (True, False), (lie, answer)


WRONG = RoleCredentials("AKIAUNKNOWNUNKNOWN00", "x" * 40, None)


def calls(running: RunningEngine, **more: Any) -> dict[str, WireRequest]:
    """A harmless call in each protocol."""
    ten = "application/x-amz-json-1.0"
    return {
        "s3": signed(running, "GET", "/", service="s3", **more),
        "iam": signed(
            running,
            "POST",
            service="iam",
            body=b"Action=ListRoles&Version=2010-05-08",
            headers={"Content-Type": FORM},
            **more,
        ),
        "dynamodb": signed(
            running,
            "POST",
            service="dynamodb",
            body=b"{}",
            headers={"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": ten},
            **more,
        ),
        "lambda": signed(running, "GET", "/2015-03-31/functions", service="lambda", **more),
    }


@pytest.mark.parametrize(
    ("service", "unknown", "wrong", "missing"),
    [
        ("s3", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"),
        ("iam", "InvalidClientTokenId", "SignatureDoesNotMatch", "MissingAuthenticationToken"),
        ("dynamodb", "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationToken"),
        ("lambda", "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationToken"),
    ],
)
def test_a_refusal_is_awss_own(service: str, unknown: str, wrong: str, missing: str, running: RunningEngine) -> None:
    assert calls(running)[service].sent(running).status == 200
    mistaken = replace(running.administrator, secret_key="x" * 40)
    for key, code in ((WRONG, unknown), (mistaken, wrong)):
        assert code in calls(running, key=key)[service].sent(running).body
    assert missing in calls(running)[service].but(authorization=None).sent(running).body


def test_boto3_knows_the_refusal(running: RunningEngine) -> None:
    other = replace(running, administrator=WRONG)
    refused: tuple[tuple[str, Callable[[Any], object], str], ...] = (
        ("s3", lambda client: client.list_buckets(), "InvalidAccessKeyId"),
        ("sts", lambda client: client.get_caller_identity(), "InvalidClientTokenId"),
        ("stepfunctions", lambda client: client.list_state_machines(), "UnrecognizedClientException"),
    )
    for service, call, code in refused:
        with pytest.raises(ClientError) as found:
            call(client_of(other, service))
        assert found.value.response["Error"]["Code"] == code


def test_a_refusal_is_given_at_once_whatever_it_is_for(running: RunningEngine) -> None:
    """ministack's router takes seconds to find an unknown name, and no other request is served meanwhile."""
    before = cpu_seconds(running.pid)
    for service in ("topx", "no-such-service", "execute-api"):
        assert signed(running, "GET", "/any/path", service=service, key=WRONG).sent(running).status == 403
    assert cpu_seconds(running.pid) - before < 1


def cpu_seconds(pid: int) -> float:
    """A process's CPU time; unlike wall time, it does not depend on other load on this machine."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(("minutes", "status"), [(-16, 403), (-14, 200), (14, 200), (16, 403)])
def test_a_signature_holds_for_a_quarter_of_an_hour(
    minutes: int, status: int, running: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    assert calls(running)["s3"].sent(running).status == status


def presigned(running: RunningEngine, bucket: str, key: str, signature_version: str = "s3v4") -> WireRequest:
    """A browser's request for a URL that boto3 made."""
    s3 = client_of(running, "s3", signature_version=signature_version)
    url = urlsplit(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, ExpiresIn=60))
    return WireRequest("GET", f"{url.path}?{url.query}")


class TestPresigned:
    def test_is_answered_for_as_long_as_it_holds(self, running: RunningEngine, bucket: str) -> None:
        assert presigned(running, bucket, "train/a").sent(running).body == "one"

    def test_in_the_old_way_is_refused_as_by_aws(self, running: RunningEngine, bucket: str) -> None:
        answer = presigned(running, bucket, "train/a", signature_version="s3").sent(running)
        assert (answer.status, "Please use AWS4-HMAC-SHA256" in answer.body) == (400, True)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("train/a", "train/b"),
            ("X-Amz-Expires=60", "X-Amz-Expires=600"),
            ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
            ("X-Amz-Expires=60&", ""),
            ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
            ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"),
            ("X-Amz-Credential=", "x-amz-credential=000000000000/20261127/us-east-1/s3/aws4_request&X-Amz-Credential="),
            ("X-Amz-Credential=", "X-Amz-Credential=000000000000%2F20261127%2Fus-east-1%2Fs3%2Faws4_request&ignored="),
            ("X-Amz-Signature=", "acl&X-Amz-Signature="),
        ],
    )
    def test_is_refused_when_it_was_changed(self, old: str, new: str, running: RunningEngine, bucket: str) -> None:
        given = signed(running, "GET", f"/{bucket}/train/a", service="s3", presigned_for=60)
        assert given.sent(running).status == 200
        assert old in given.target
        assert replace(given, target=given.target.replace(old, new)).sent(running).status in (400, 403)
        assert replace(given, method="DELETE").sent(running).status == 403

    def test_is_refused_when_it_has_expired(self, running: RunningEngine, bucket: str) -> None:
        given = signed(running, "GET", f"/{bucket}/train/a", service="s3", presigned_for=1)
        time.sleep(2.1)
        answer = given.sent(running)
        assert (answer.status, "Request has expired" in answer.body) == (403, True)


class TestBrowser:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Host": "evil.example:{port}"},
            {"Host": "127.0.0.1"},
            {"Host": "127.0.0.1:1"},
            {"Host": "localhost.evil.example:{port}"},
            {"Host": "a-bucket.localhost:{port}"},
            {"Host": "abc.execute-api.localhost:{port}"},
            {"Host": "169.254.169.254"},
            {"Origin": EVIL},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:{port}"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_what_only_a_page_sends_is_turned_away_although_it_is_signed(
        self, headers: dict[str, str], running: RunningEngine
    ) -> None:
        port = str(urlsplit(running.endpoint).port)
        given = {name: value.replace("{port}", port) for name, value in headers.items()}
        answer = calls(running)["s3"].but(**given).sent(running)
        assert (answer.status, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8")

    def test_no_preflight_is_answered(self, running: RunningEngine, bucket: str) -> None:
        headers = {"Origin": EVIL, "Access-Control-Request-Method": "PUT"}
        for sent in (WireRequest("OPTIONS", f"/{bucket}/train/a", headers), WireRequest("OPTIONS", "/", {})):
            answer = sent.sent(running)
            assert answer.status == 403
            assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_no_answer_lets_another_site_read_it(self, running: RunningEngine, s3: Any, bucket: str) -> None:
        rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
        asked = [*calls(running).values(), signed(running, "GET", f"/{bucket}/train/a", service="s3")]
        asked += [request.but(authorization=None) for request in asked]
        for request in asked:
            answer = request.sent(running)
            assert not [name for name in answer.headers if name.startswith("access-control")], request

    def test_a_websocket_is_not_opened(self, running: RunningEngine) -> None:
        place = urlsplit(running.endpoint)
        key = base64.b64encode(b"sixteen bytes ok").decode()
        for path in ("/", "/_aws/execute-api/abc/prod", "/mqtt"):
            with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as connection:
                connection.sendall(
                    f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
                )
                assert connection.recv(4096).startswith(b"HTTP/1.1 403")


class TestWhatGoesOnToWork:
    KEYS = ("plain", "a b+c", "naïve/ключ/鍵", "a//b/./c/../d", "100%/25%25", "x=y&z?#;:@!$'()*,~", ".hidden-")

    @pytest.mark.parametrize("key", KEYS)
    def test_objects_of_any_name(self, key: str, running: RunningEngine, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), Metadata={"a": "two  blanks", "b.c": "dot"})
        got = s3.get_object(Bucket=bucket, Key=key)
        assert (got["Body"].read().decode(), got["Metadata"]["b.c"]) == (key, "dot")
        assert presigned(running, bucket, key).sent(running).body == key
        s3.delete_object(Bucket=bucket, Key=key)

    def test_bodies_of_any_size_and_kind(self, s3: Any, bucket: str) -> None:
        for size in (0, 1, (1 << 20) + 1, 9 << 20):
            body = bytes(size)
            s3.upload_fileobj(io.BytesIO(body), bucket, "large")
            assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == body
        for algorithm in ("CRC32", "SHA256"):
            s3.put_object(Bucket=bucket, Key="checked", Body=b"body", ChecksumAlgorithm=algorithm)
            assert s3.get_object(Bucket=bucket, Key="checked", ChecksumMode="ENABLED")["Body"].read() == b"body"

    def test_a_body_in_chunks_that_is_not_signed(self, running: RunningEngine, s3: Any, bucket: str) -> None:
        """Like AWS's JavaScript SDK uploads a stream; boto3 does so over TLS only."""
        crc = base64.b64encode(zlib.crc32(b"body").to_bytes(4)).decode()
        body = f"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n".encode()
        headers = {
            "Content-Encoding": "aws-chunked",
            "X-Amz-Decoded-Content-Length": "4",
            "X-Amz-Trailer": "x-amz-checksum-crc32",
        }
        sent = signed(running, "PUT", f"/{bucket}/chunks", service="s3", body=body, headers=headers, unsigned=TRAILER)
        assert sent.sent(running).status == 200
        assert s3.get_object(Bucket=bucket, Key="chunks")["Body"].read() == b"body"

    def test_a_session_with_its_token_and_not_without(self, running: RunningEngine) -> None:
        iam, sts, name = client_of(running, "iam"), client_of(running, "sts"), f"role-{time.time_ns()}"
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{running.account}:root"}}
        policy = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))["Role"]["Arn"]
        taken = sts.assume_role(RoleArn=arn, RoleSessionName="mine")["Credentials"]
        key = RoleCredentials(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        ask: dict[str, Any] = {"service": "sts", "body": body, "headers": {"Content-Type": FORM}}
        assert f"{name}/mine" in signed(running, "POST", key=key, **ask).sent(running).body
        for token in (None, "another"):
            answer = signed(running, "POST", key=replace(key, session_token=token), **ask).sent(running)
            assert (answer.status, "InvalidClientTokenId" in answer.body) == (403, True)
        assert "AccessDenied" in signed(running, "GET", service="s3", key=key).sent(running).body


class TestOwnRoutes:
    @pytest.mark.parametrize("path", ["/_local_aws/save", "/%5Ftopx/save", "/_topx%2Fsave"])
    def test_are_not_those_of_another_user(self, path: str, running: RunningEngine) -> None:
        iam, name = client_of(running, "iam"), f"user-{time.time_ns()}"
        iam.create_user(UserName=name)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        key = RoleCredentials(made["AccessKeyId"], made["SecretAccessKey"], None)
        assert signed(running, "POST", path, service="s3", key=key).sent(running).status == 404

    @pytest.mark.parametrize(("method", "path"), [("GET", "/_local_aws/health"), ("POST", "/_local_aws/save")])
    def test_are_the_administrators(self, method: str, path: str, running: RunningEngine) -> None:
        assert WireRequest(method, path).sent(running).status == 403
        assert signed(running, method, path, service="local_aws", key=WRONG).sent(running).status == 403
        assert signed(running, method, path, service="local_aws").sent(running).status == 200

    def test_another_homes_engine_is_distinguished(self, running: RunningEngine, home: Any) -> None:
        mistaken = replace(running, administrator=WRONG)
        with pytest.raises(KeyRefused, match=f"kill {running.pid}"):
            mistaken.is_of(home.root)
        with pytest.raises(KeyRefused, match="does not take this home's key"):
            engine.save_state(mistaken)
        assert not running.is_of(home.root)  # the right key, from a copied home
