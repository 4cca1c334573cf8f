"""Docker and podman both write Docker's manifests, by the CDK's own command line, as in a deployment.

AWS is a few canned responses: the account has the bootstrap's roles, bucket and repository, and none of the images.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra import image_output
from topx.cloud import cdk, image_builder

REGION, ACCOUNT = "eu-west-1", "111122223333"
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"
_ASSUMED = f"""<AssumeRoleResponse xmlns="{_STS}"><AssumeRoleResult><Credentials>
<AccessKeyId>any</AccessKeyId><SecretAccessKey>any</SecretAccessKey><SessionToken>any</SessionToken>
<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
_CALLER = f"""<GetCallerIdentityResponse xmlns="{_STS}"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/me</Arn><UserId>me</UserId><Account>{ACCOUNT}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""
_JSON: dict[str, tuple[int, dict[str, Any]]] = {
    "GetParameter": (200, {"Parameter": {"Value": "30"}}),
    "DescribeRepositories": (
        200,
        {"repositories": [{"repositoryUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/any"}]},
    ),
    "DescribeImages": (400, {"__type": "ImageNotFoundException", "message": "no such image"}),
    "GetAuthorizationToken": (
        200,
        {"authorizationData": [{"authorizationToken": "QVdTOmFueQ==", "proxyEndpoint": "https://registry.example"}]},
    ),
}
_BUILDER = """#!/bin/sh
case "$1" in
--version) echo "$SAYS" ;;
buildx) exit "$WITHOUT_BUILDX" ;;
build) line="format=$BUILDAH_FORMAT attestations=$BUILDX_NO_DEFAULT_ATTESTATIONS $*"
       printf '%s\\n' "$line" >> "$RECORD" ;;  # at once: both images are built at the same time
inspect) exit 1 ;;
esac
"""


class Aws(BaseHTTPRequestHandler):
    """S3 accepts every file, STS returns every role; the others respond as above."""

    def do_GET(self) -> None:
        self._answer(200, "<ListBucketResult/>" if "list-type" in self.path else "<LocationConstraint/>")

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if target:
            status, answer = _JSON.get(target, (400, {"__type": "UnknownOperationException", "message": target}))
            self._answer(status, json.dumps(answer), "application/x-amz-json-1.1")
        else:
            self._answer(200, _ASSUMED if "Action=AssumeRole" in body else _CALLER)

    def _answer(self, status: int, body: str, kind: str = "text/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that records how it is called to build; ``SAYS`` is its version."""
    program = tmp_path / "builder"
    program.write_text(_BUILDER)
    program.chmod(0o755)
    for name, value in {
        "CDK_DOCKER": str(program),
        "RECORD": str(tmp_path / "record"),
        "WITHOUT_BUILDX": "0",
        "BUILDAH_FORMAT": "",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)
    return program


@pytest.mark.parametrize(
    ("says", "manifests"),
    [
        ("Docker version 29.0.4, build 3247a5a", "type=docker,oci-mediatypes=false"),
        ("podman version 5.4.0", "format=docker"),
    ],
)
def test_the_builder_is_asked_for_dockers_manifests(
    says: str, manifests: str, aws: str, builder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SAYS": says,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "CDK_APP": f"{sys.executable} app.py",
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
    }.items():
        monkeypatch.setenv(name, value)
    cdk.run(
        "publish-assets",
        ["topx", "--unstable=publish-assets", "--force"],
        profile=None,
        region=REGION,
        context={},
        environment=image_builder.environment(),
    )
    built = (tmp_path / "record").read_text().splitlines()
    assert len(built) == 2
    assert all(manifests in line and "attestations=1" in line and "--platform linux/amd64" in line for line in built)
    assert all(("--output" in line) is ("Docker" in says) for line in built)


@pytest.mark.parametrize(
    ("says", "buildkit", "without_buildx", "output"),
    [
        ("Docker version 28.2.2", None, "0", None),
        ("Docker version 28.2.2", None, "1", ""),
        ("Docker version 28.2.2", "0", "0", ""),
        ("finch version v1.5.0", None, "1", None),
        ("buildah version 1.28.2", None, "1", ""),
    ],
)
def test_only_buildkit_is_given_an_output(
    says: str,
    buildkit: str | None,
    without_buildx: str,
    output: str | None,
    builder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAYS", says)
    monkeypatch.setenv("WITHOUT_BUILDX", without_buildx)
    if buildkit:
        monkeypatch.setenv("DOCKER_BUILDKIT", buildkit)
    assert image_builder.environment().get(image_output.VARIABLE) == output


@pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not here")
def test_the_variable_makes_buildah_write_dockers_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Podman builds with buildah's code."""
    monkeypatch.setenv("CDK_DOCKER", "buildah")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    found = {}
    for name, more in (("by-itself", {}), ("asked", image_builder.environment())):
        roots = ["--root", str(tmp_path / name), "--runroot", str(tmp_path / f"{name}-run"), "--storage-driver", "vfs"]
        environment = {**os.environ, **more}
        build = ["buildah", *roots, "build", "--isolation", "chroot", "--tag", name, str(tmp_path)]
        subprocess.run(build, env=environment, check=True, capture_output=True)
        asked = ["buildah", *roots, "inspect", "--type", "image", "--format", "{{.Manifest}}", name]
        said = subprocess.run(asked, env=environment, check=True, capture_output=True, text=True).stdout
        found[name] = json.loads(said)["mediaType"] if "mediaType" in said else said
    assert found["asked"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert "oci" in found["by-itself"]
