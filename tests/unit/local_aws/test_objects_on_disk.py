"""Jobs' files are copied from disk to disk: the objects are the same as over HTTP, and no job can change one."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ministack.services import s3

from local_aws import durable_objects, objects_on_disk
from local_aws.authorization import AccessDenied, Need
from local_aws.objects_on_disk import ObjectsOnDisk
from local_aws.sagemaker_jobs.object_files import FileRefused

BODY = bytes(range(256)) * 9


class Role:
    """A role with the listed permissions."""

    arn = "arn:aws:sts::000000000000:assumed-role/job/SageMaker"

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed

    def require(self, *needs: Need) -> None:
        for need in needs:
            if f"{need.action} {need.resource}" not in self.allowed:
                raise AccessDenied(f"{self.arn} may not {need.action} on {need.resource}")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectsOnDisk]:
    """The files of a role that may read and write the key ``a/b`` of the bucket ``kept``."""
    for name, value in {"S3_PERSIST": True, "DATA_DIR": str(tmp_path / "s3")}.items():
        monkeypatch.setattr(s3, name, value)
    for name in ("_atomic_write", "_persist_object"):
        monkeypatch.setattr(s3, name, getattr(s3, name))
    durable_objects.install()
    objects_on_disk.install()
    s3._create_bucket("kept", b"", {})
    yield ObjectsOnDisk(Role("s3:GetObject arn:aws:s3:::kept/a/b", "s3:PutObject arn:aws:s3:::kept/a/b"))  # type: ignore[arg-type]
    s3.reset()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(BODY)
    return path


def stored() -> bytes:
    return bytes(s3._read_body("kept", "a/b", s3._buckets["kept"]["objects"]["a/b"]))


def test_an_object_from_a_file_is_that_of_an_upload(files: ObjectsOnDisk, source: Path) -> None:
    assert files.store(source, "kept", "a/b")
    by_file = dict(s3._buckets["kept"]["objects"]["a/b"])
    assert stored() == BODY
    assert by_file["etag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    assert by_file["body"] is None
    s3._put_object("kept", "a/b", BODY, {})
    by_upload = s3._buckets["kept"]["objects"]["a/b"]
    different = {name for name in by_upload if by_upload[name] != by_file[name]}
    assert different <= {"last_modified"}


def test_a_job_that_writes_to_its_input_alters_no_object(files: ObjectsOnDisk, source: Path, tmp_path: Path) -> None:
    files.store(source, "kept", "a/b")
    assert files.fetch("kept", "a/b", tmp_path / "input")
    assert (tmp_path / "input").read_bytes() == BODY
    (tmp_path / "input").write_bytes(b"altered")
    assert stored() == BODY


def test_a_process_that_outlives_its_job_alters_no_object(files: ObjectsOnDisk, source: Path) -> None:
    with source.open("r+b") as open_still:
        files.store(source, "kept", "a/b")
        open_still.write(b"altered")
        open_still.truncate(7)
    assert stored() == BODY


def test_what_a_role_may_not_it_does_not(files: ObjectsOnDisk, source: Path, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="may not s3:PutObject on arn:aws:s3:::kept/other"):
        files.store(source, "kept", "other")
    with pytest.raises(FileRefused, match="may not s3:GetObject on arn:aws:s3:::kept/other"):
        files.fetch("kept", "other", tmp_path / "input")
    assert not s3._buckets["kept"]["objects"]


def test_what_is_no_file_is_left_to_be_asked_for(files: ObjectsOnDisk, source: Path, tmp_path: Path) -> None:
    assert not files.fetch("kept", "a/b", tmp_path / "input")
    s3._bucket_versioning["kept"] = "Enabled"
    assert not files.store(source, "kept", "a/b")
    s3._bucket_versioning.pop("kept")
    source.write_bytes(b"")
    assert not files.store(source, "kept", "a/b")


def test_a_disk_that_does_not_take_it_is_reported(
    files: ObjectsOnDisk, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(target: str, data: object, **more: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(s3, "_atomic_write", full)
    with pytest.raises(FileRefused, match="could not be written to disk"):
        files.store(source, "kept", "a/b")
