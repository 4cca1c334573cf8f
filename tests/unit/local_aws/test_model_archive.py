import io
import tarfile
from pathlib import Path

import pytest

from local_aws.sagemaker_jobs.endings import JobFailed
from local_aws.sagemaker_jobs.model_archive import pack, unpack


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, "/etc/passwd"
    return found


def archive_of(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for one in members:
            tar.addfile(one, io.BytesIO())
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_packed_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with tarfile of Python 3.11.2, which has no filters."""
    (tmp_path / "model" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "model" / "index").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "model" / "deep" / "er" / "ids").write_bytes(b"")
    pack(tmp_path / "model", tmp_path / "model.tar.gz")
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    monkeypatch.delattr(tarfile.TarFile, "extractall")
    unpack(tmp_path / "model.tar.gz", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "model")


def test_other_peoples_tars_begin_with_a_dot(tmp_path: Path) -> None:
    unpack(archive_of(tmp_path / "a", member(".", tarfile.DIRTYPE), member("./model_algo-1")), tmp_path / "again")
    assert contents(tmp_path / "again") == {"model_algo-1": b""}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (member("../escaped"), "'../escaped' leaves its folder"),
        (member("/tmp/escaped"), "'/tmp/escaped' leaves its folder"),
        (member("link", tarfile.SYMTYPE), "'link' is neither a file nor a folder"),
        (member("link", tarfile.LNKTYPE), "'link' is neither a file nor a folder"),
        (member("pipe", tarfile.FIFOTYPE), "'pipe' is neither a file nor a folder"),
    ],
)
def test_nothing_leaves_the_folder(tmp_path: Path, bad: tarfile.TarInfo, said: str) -> None:
    with pytest.raises(JobFailed, match="Failed to extract the model data") as failure:
        unpack(archive_of(tmp_path / "model.tar.gz", member("good"), bad), tmp_path / "model")
    assert said in str(failure.value)
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("whole", [b"", b"no archive", b"\x1f\x8b\x08\x00"])
def test_what_is_no_archive_is_reported(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "model.tar.gz").write_bytes(whole)
    with pytest.raises(JobFailed, match="Failed to extract the model data"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "model")


def test_an_archive_that_was_cut_is_reported(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "index").write_bytes(bytes(range(256)) * 1000)
    pack(tmp_path / "model", tmp_path / "model.tar.gz")
    packed = (tmp_path / "model.tar.gz").read_bytes()
    (tmp_path / "model.tar.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(JobFailed, match="Failed to extract the model data"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "again")
