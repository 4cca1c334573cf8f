"""Both images, built from the folders that the CDK sends and run on a prepared /opt/ml, compared with plain
processes.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagemaker_contract.job_paths import JobPaths
from tests.infrastructure.conftest import Synthesis
from tests.infrastructure.images import image_builder, job_trees
from tests.infrastructure.images.image_builder import REPOSITORY, ImageBuilder

pytestmark = pytest.mark.skipif(
    image_builder.why_not() is not None, reason=image_builder.why_not() or "images can be built here"
)
# Where a build may write: our own sources and environments, what apt changes for two libraries, and the mount point of
# each RUN's hosts file.
PLACES = {
    "prepare": ("opt/topx/", "opt/prepare/", "etc/hosts"),
    "extract": ("opt/topx/", "opt/extract/", "opt/mxnet/", "etc/hosts", "etc/ld.so.cache", "usr/", "var/"),
}


@pytest.fixture(scope="module")
def sent(synthesis: Synthesis) -> dict[str, Path]:
    """The folder from which ``cdk deploy`` would build each image."""
    assets = json.loads((synthesis.folder / "topx.assets.json").read_text())["dockerImages"].values()
    sources = [asset["source"] for asset in assets]
    return {source["dockerFile"].split("/")[1]: synthesis.folder / source["directory"] for source in sources}


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImageBuilder]:
    """A builder with its base and its wheels."""
    wheels = tmp_path_factory.mktemp("wheels")
    builder = ImageBuilder(tmp_path_factory.mktemp("images"), wheels)
    try:
        folders = [REPOSITORY / "containers" / name for name in ("prepare", "extract", "extract/mxnet")]
        image_builder.fetch_wheels(wheels, *(folder / "requirements.lock" for folder in folders))
        builder.make_base()
        yield builder
    finally:
        builder.remove()
        shutil.rmtree(wheels)


@pytest.fixture(scope="module", params=["prepare", "extract"])
def image(request: pytest.FixtureRequest, builder: ImageBuilder, sent: dict[str, Path]) -> str:
    """The name of a built image, which is its folder's."""
    name: str = request.param
    builder.build(sent[name], f"containers/{name}/Dockerfile", name)
    return name


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> JobPaths:
    """Prepare's tree, after the plain process."""
    paths = job_trees.prepare_tree(tmp_path_factory.mktemp("process") / "prepare")
    job_trees.run_as_process("containers/prepare", paths)
    return paths


def test_the_container_writes_what_the_process_writes(
    image: str, builder: ImageBuilder, prepared: JobPaths, tmp_path: Path
) -> None:
    as_process, as_container = JobPaths(tmp_path / "process"), JobPaths(tmp_path / "container")
    if image == "prepare":
        as_process = prepared
        job_trees.prepare_tree(as_container.root)
    else:
        job_trees.extract_tree(as_process.root, prepared, tmp_path)
        shutil.copytree(as_process.root, as_container.root)
        job_trees.run_as_process("containers/extract", as_process)
    builder.run(image, as_container.root, job_trees.VARIABLES)
    wanted, found = job_trees.outputs(as_process), job_trees.outputs(as_container)
    assert sorted(found) == sorted(wanted)
    assert {name for name, content in found.items() if content != wanted[name]} == set()
    assert not as_container.message.exists()


def test_an_image_holds_what_the_cdk_sends_and_the_locked_packages(
    image: str, builder: ImageBuilder, sent: dict[str, Path]
) -> None:
    with builder.files(image) as root, builder.files(image_builder.BASE) as base:
        sources = root / "opt" / "topx"
        assert _files(sources) == _files(sent[image])
        assert all((sources / name).read_bytes() == (sent[image] / name).read_bytes() for name in _files(sources))
        added = _files(root) - _files(base)
        assert {name for name in added if not name.startswith(PLACES[image])} == set()


def test_the_devcontainer_has_what_make_and_mxnet_require(builder: ImageBuilder) -> None:
    folder = REPOSITORY / ".devcontainer"
    described = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    builder.build(folder, described["build"]["dockerfile"], "devcontainer")
    with builder.files("devcontainer") as root:
        there = {path.rsplit("/", 1)[1] for path in _files(root)}
        users = (root / "etc" / "passwd").read_text()
    assert {"git", "make", "python3.11"} <= there
    assert all(any(name.startswith(library) for name in there) for library in ("libgomp.so.1", "libquadmath.so.0"))
    assert f"{described['remoteUser']}:" in users


def _files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and not path.is_symlink()}
