import gzip
import json
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from containers.extract.model.artifact import ArtifactError, open_artifact, size_limit
from tests.unit.containers.extract.artifacts import model_zip, regular, tar_gz

META = {"training_parameters": {"feature_dim": "3"}}
MEMBERS = {"symbol.json": b"{}", "params": b"the parameters", "meta.json": json.dumps(META).encode()}
LIMIT = 40_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    return inside


def opened(tmp_path: Path, folder: Path, members, limit: int = LIMIT):
    return open_artifact(tar_gz(tmp_path / "model.tar.gz", members), folder, limit)


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def test_opens_the_real_layout(tmp_path, folder):
    artifact = opened(tmp_path, folder, [regular("model_algo-1", model_zip(MEMBERS))])
    assert artifact.params.read_bytes() == b"the parameters"
    assert artifact.meta == META


def test_extra_members_and_a_leading_dot_do_no_harm(tmp_path, folder):
    folder_member = special("./", tarfile.DIRTYPE)
    members = [folder_member, regular("./log.txt", b"hello"), regular("./model_algo-1", model_zip(MEMBERS))]
    assert opened(tmp_path, folder, members).meta == META
    assert sorted(file.name for file in folder.iterdir()) == ["model_algo-1", "params"]


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "..", "a\\..\\evil"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, folder, name):
    with pytest.raises(ArtifactError, match="leaves its folder"):
        opened(tmp_path, folder, [regular(name, b"x"), regular("model_algo-1", model_zip(MEMBERS))])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a link to '/etc/passwd'"),
        (tarfile.LNKTYPE, "a link to '/etc/passwd'"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.FIFOTYPE, "a device"),
    ],
)
@pytest.mark.parametrize("name", ["model_algo-1", "other"])
def test_links_and_devices_are_refused(tmp_path, folder, kind, words, name):
    with pytest.raises(ArtifactError, match=words):
        opened(tmp_path, folder, [special(name, kind, "/etc/passwd"), regular("last", b"")])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["../params", "/params"])
def test_the_inner_zip_is_not_trusted_either(tmp_path, folder, name):
    with pytest.raises(ArtifactError, match="leaves its folder"):
        opened(tmp_path, folder, [regular("model_algo-1", model_zip({**MEMBERS, name: b"x"}))])
    assert not (folder / "params").exists()


def test_a_link_in_the_inner_zip_is_refused(tmp_path, folder):
    buffer = BytesIO(model_zip({"symbol.json": b"{}", "meta.json": b"{}"}))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("params")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArtifactError, match="which is a link"):
        opened(tmp_path, folder, [regular("model_algo-1", buffer.getvalue())])


def test_an_archive_that_unpacks_to_more_than_a_model_needs_is_refused_before_it_fills_the_disk(tmp_path, folder):
    with pytest.raises(ArtifactError, match="more than 40,000 bytes"):
        opened(tmp_path, folder, [regular("model_algo-1", bytes(50_000_000))])
    assert sum(file.stat().st_size for file in folder.iterdir()) <= LIMIT


def test_a_large_extra_member_is_refused_too(tmp_path, folder):
    with pytest.raises(ArtifactError, match="more than 40,000 bytes"):
        opened(tmp_path, folder, [regular("zeros", bytes(50_000_000)), regular("model_algo-1", model_zip(MEMBERS))])


def test_a_large_header_is_refused_too(tmp_path, folder):
    member = tarfile.TarInfo("model_algo-1")
    member.pax_headers = {"comment": "x" * 1_000_000}
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, BytesIO())
    with pytest.raises(ArtifactError, match="more than 40,000 bytes"):
        open_artifact(path, folder, LIMIT)


def test_a_compressed_bomb_in_the_inner_zip_is_refused(tmp_path, folder):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**MEMBERS, "params": bytes(5_000_000)}.items():
            archive.writestr(name, content)
    with pytest.raises(ArtifactError, match="params unpacks to more than 40,000 bytes"):
        opened(tmp_path, folder, [regular("model_algo-1", buffer.getvalue())])


@pytest.mark.parametrize("name", ["model_algo-1", "./model_algo-1"])
def test_a_name_given_twice_is_refused(tmp_path, folder, name):
    members = [regular("model_algo-1", model_zip(MEMBERS)), regular(name, model_zip(MEMBERS))]
    with pytest.raises(ArtifactError, match="holds 'model_algo-1' twice"):
        opened(tmp_path, folder, members)


def test_says_what_the_tar_held_instead(tmp_path, folder):
    with pytest.raises(ArtifactError, match=r"holds no model_algo-1; it holds 'model\.pth', 'code/a\.py'"):
        opened(tmp_path, folder, [regular("model.pth", b""), regular("code/a.py", b"")])


def test_says_what_the_zip_held_instead(tmp_path, folder):
    inner = model_zip({"symbol.json": b"{}", "params": b""})
    with pytest.raises(ArtifactError, match=r"holds no meta\.json; it holds 'symbol\.json', 'params'"):
        opened(tmp_path, folder, [regular("model_algo-1", inner)])


def test_a_long_list_of_contents_is_cut(tmp_path, folder):
    with pytest.raises(ArtifactError, match="'file 19' and 10 more"):
        opened(tmp_path, folder, [regular(f"file {number}", b"") for number in range(30)], limit=100_000)


@pytest.mark.parametrize(
    "content", [b"", b"not gzip", gzip.compress(b"not tar" * 200)], ids=["empty", "no gzip", "no tar"]
)
def test_what_is_no_archive_is_refused(tmp_path, folder, content):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"model\.tar\.gz"):
        open_artifact(path, folder, LIMIT)


def test_a_truncated_archive_is_refused(tmp_path, folder):
    path = tar_gz(tmp_path / "model.tar.gz", [regular("model_algo-1", model_zip(MEMBERS))])
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ArtifactError, match="cannot be read"):
        open_artifact(path, folder, LIMIT)


def test_a_missing_archive_is_refused(tmp_path, folder):
    with pytest.raises(ArtifactError, match=r"model\.tar\.gz cannot be read"):
        open_artifact(tmp_path / "model.tar.gz", folder, LIMIT)


def test_an_inner_file_that_is_no_zip_is_refused(tmp_path, folder):
    with pytest.raises(ArtifactError, match="model_algo-1 cannot be read: BadZipFile"):
        opened(tmp_path, folder, [regular("model_algo-1", b"no zip")])


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff"])
def test_a_meta_file_that_is_no_json_object_is_refused(tmp_path, folder, content):
    with pytest.raises(ArtifactError, match=r"meta\.json"):
        opened(tmp_path, folder, [regular("model_algo-1", model_zip({**MEMBERS, "meta.json": content}))])


def test_the_limit_has_room_for_row_sparse_parameters():
    rows, factors = 1_000_000, 64
    row_sparse = rows * (4 * factors + 8) + rows * (4 + 8)
    assert row_sparse < size_limit(rows, factors) < 3 * row_sparse
