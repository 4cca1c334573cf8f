"""What the local deployment uses of a cloud assembly, and of this machine: none of its AWS settings."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings
from local_aws.door import RoleCredentials
from topx import local_deployment as deployment
from topx import synthesis
from topx.synthesis import Assembly, Asset

DESTINATION = {
    "bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}",
    "objectKey": "abc.zip",
    "assumeRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/r",
}
MANIFEST = {
    "artifacts": {
        "topx.assets": {"type": "cdk:asset-manifest", "properties": {"file": "topx.assets.json"}},
        "topx": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "topx.template.json"}},
    }
}
ASSETS: dict[str, Any] = {
    "files": {
        "abc": {"source": {"path": "asset.abc", "packaging": "zip"}, "destinations": {"here": DESTINATION}},
        "def": {
            "source": {"path": "topx.template.json", "packaging": "file"},
            "destinations": {"here": {**DESTINATION, "objectKey": "def.json"}},
        },
    },
    "dockerImages": {
        "123": {
            "source": {"directory": "asset.123", "dockerFile": "containers/prepare/Dockerfile"},
            "destinations": {"here": {"repositoryName": "r", "imageTag": "123"}},
        }
    },
}


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    (tmp_path / "topx.assets.json").write_text(json.dumps(ASSETS), encoding="utf-8")
    (tmp_path / "topx.template.json").write_text('{"Resources": {}}', encoding="utf-8")
    (tmp_path / "asset.abc" / "lambdas").mkdir(parents=True)
    (tmp_path / "asset.abc" / "lambdas" / "a.py").write_text("print()", encoding="utf-8")
    return Assembly(tmp_path, "000000000000", "eu-west-1")


def test_assets_go_where_the_manifest_says(assembly: Assembly) -> None:
    bucket = "cdk-hnb659fds-assets-000000000000-eu-west-1"
    assert list(assembly.files()) == [
        Asset(assembly.folder / "asset.abc", True, bucket, "abc.zip"),
        Asset(assembly.folder / "topx.template.json", False, bucket, "def.json"),
    ]
    assert assembly.template.key == "def.json"
    assert assembly.stack_name == "topx"


def test_an_image_is_known_by_its_tag_and_the_folder_of_its_dockerfile(assembly: Assembly) -> None:
    assert assembly.images() == {"123": "containers/prepare"}


def test_a_folder_is_uploaded_as_a_zip_of_its_files(assembly: Assembly) -> None:
    folder, template = assembly.files()
    with zipfile.ZipFile(io.BytesIO(deployment.body_of(folder))) as archive:
        assert archive.namelist() == ["lambdas/a.py"]
        assert archive.read("lambdas/a.py") == b"print()"
    assert deployment.body_of(template) == b'{"Resources": {}}'


def test_only_changed_sources_are_synthesized_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "repository"
    (root / "infra" / "__pycache__").mkdir(parents=True)
    for name in ("cdk.json", "requirements.lock", "infra/stack.py"):
        (root / name).write_text("{}", encoding="utf-8")
    (root / "app.py").write_text(
        "import os, pathlib; out = pathlib.Path(os.environ['CDK_OUTDIR']); out.mkdir(exist_ok=True);"
        "(out / 'manifest.json').write_text(os.environ['CDK_CONTEXT_JSON'])",
        encoding="utf-8",
    )
    monkeypatch.setattr(synthesis, "REPOSITORY", root)
    monkeypatch.setenv("CDK_CONTEXT_JSON", "from my shell")
    folder = tmp_path / "cdk.out"
    assert not synthesis.is_synthesized(folder)
    synthesis.synthesize(folder)
    context = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(context) == {"spark_base_image"}
    assert Settings.from_context(context.get).spark_base_image
    (root / "infra" / "__pycache__" / "stack.pyc").write_bytes(b"compiled")
    assert synthesis.is_synthesized(folder)
    (root / "infra" / "stack.py").write_text("changed", encoding="utf-8")
    assert not synthesis.is_synthesized(folder)


def test_a_failing_app_is_reported_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cdk.json", "requirements.lock"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "app.py").write_text("raise SystemExit('keep_versions must be 1..52')", encoding="utf-8")
    monkeypatch.setattr(synthesis, "REPOSITORY", tmp_path)
    with pytest.raises(synthesis.SynthesisFailed, match=r"keep_versions must be 1\.\.52"):
        synthesis.synthesize(tmp_path / "cdk.out")
    assert not synthesis.is_synthesized(tmp_path / "cdk.out")


def test_clients_of_the_engine_know_nothing_of_this_machines_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[work]\naws_access_key_id = REAL\naws_secret_access_key = REAL\n", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "REAL")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "REAL")
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    place = deployment.connection("http://127.0.0.1:1", "eu-west-1", RoleCredentials("AKIAOURS", "ours", None))
    for client in (place.client("s3"), place.resource("dynamodb").meta.client):
        used = client._request_signer._credentials.get_frozen_credentials()
        assert (used.access_key, used.secret_key, used.token) == ("AKIAOURS", "ours", None)
        assert client.meta.region_name == "eu-west-1"
        assert client.meta.endpoint_url == "http://127.0.0.1:1"
        assert client._endpoint.http_session._proxy_config._proxies == {}
