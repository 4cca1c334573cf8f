"""The images: ours contain what their process imports, Amazon's are those that its own SDK would use."""

import json
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ecr_assets as ecr_assets

from infra import images
from local_aws.door import EngineHome, ImageCatalogue
from tests.infrastructure.conftest import Synthesis

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # sagemaker 2.x warns that 3.x exists, which cannot write recordIO
    from sagemaker import image_uris

REPOSITORY = Path(__file__).parents[2]
REGISTRY = json.loads((REPOSITORY / "infra" / "algorithm_registry.json").read_text())
ALGORITHMS = {
    "FactorizationMachinesImageUri": "factorization-machines",
    "NearestNeighboursImageUri": "knn",
}


def amazons_regions(algorithm: str) -> dict[str, str]:
    """The SDK's own table: region to account."""
    config = json.loads((Path(image_uris.__file__).parent / "image_uri_config" / f"{algorithm}.json").read_text())
    registries: dict[str, str] = config["versions"]["1"]["registries"]
    return registries


def resolve(value: Any, template: dict[str, Any], references: dict[str, str]) -> str:
    """The text that CloudFormation resolves ``value`` to: Ref, Fn::Join and Fn::FindInMap."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return references[argument]
    if function == "Fn::Join":
        return str(argument[0]).join(resolve(part, template, references) for part in argument[1])
    assert function == "Fn::FindInMap"
    name, first, second = (resolve(part, template, references) for part in argument)
    return str(template["Mappings"][name][first][second])


@pytest.mark.parametrize("algorithm", ALGORITHMS.values())
def test_the_registry_table_is_the_sdks(algorithm: str) -> None:
    assert REGISTRY["accounts"] == amazons_regions(algorithm)


@pytest.mark.parametrize("output", ALGORITHMS)
def test_every_regions_image_is_the_one_that_the_sdk_would_take(output: str, template: dict[str, Any]) -> None:
    regions = amazons_regions(ALGORITHMS[output])
    assert len(regions) >= 37
    for region in regions:
        wanted = image_uris.retrieve(ALGORITHMS[output], region)
        suffix = wanted.split("/")[0].split(f".dkr.ecr.{region}.")[1]
        references = {"AWS::Region": region, "AWS::URLSuffix": suffix}
        assert resolve(template["Outputs"][output]["Value"], template, references) == wanted


@pytest.mark.parametrize("output", ALGORITHMS)
def test_each_of_amazons_images_has_a_stand_in(output: str, template: dict[str, Any], tmp_path: Path) -> None:
    references = {"AWS::Region": "eu-west-1", "AWS::URLSuffix": "amazonaws.com"}
    image = resolve(template["Outputs"][output]["Value"], template, references)
    assert ImageCatalogue(EngineHome(tmp_path)).knows(image)


@pytest.fixture(scope="module")
def docker_assets(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    """The sources of our two images, by the Dockerfile's folder."""
    assets = json.loads((synthesis.folder / "topx.assets.json").read_text())["dockerImages"]
    return {asset["source"]["dockerFile"].split("/")[1]: asset["source"] for asset in assets.values()}


def test_our_images_are_built_for_sagemakers_processors(docker_assets: dict[str, dict[str, Any]]) -> None:
    assert {folder: source["platform"] for folder, source in docker_assets.items()} == {
        "prepare": "linux/amd64",
        "extract": "linux/amd64",
    }


@pytest.mark.parametrize(("folder", "other"), [("prepare", "extract"), ("extract", "prepare")])
def test_an_image_holds_its_process_and_the_contracts_and_nothing_else(
    folder: str, other: str, docker_assets: dict[str, dict[str, Any]], synthesis: Synthesis
) -> None:
    root = synthesis.folder / docker_assets[folder]["directory"]
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    tracked = {
        path.relative_to(REPOSITORY).as_posix()
        for room in ("containers", "contract", "sagemaker_contract")
        for path in (REPOSITORY / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files == {name for name in tracked if not name.startswith(f"containers/{other}/")}
    assert {f"containers/{folder}/Dockerfile", f"containers/{folder}/requirements.lock"} <= files


def image_hashes(repository: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The tags of our two images if they were built from ``repository``."""
    monkeypatch.setattr(images, "REPOSITORY", repository)
    made = images.Images(Stack(App(), "Any"), "Images")
    assets = {id: made.node.find_child(id) for id in ("Prepare", "Extract")}
    return {id: asset.asset_hash for id, asset in assets.items() if isinstance(asset, ecr_assets.DockerImageAsset)}


@pytest.mark.parametrize(
    "base", ["", "1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.0"]
)
def test_sparks_image_is_made_from_the_base_that_is_named_and_not_at_all_without(base: str, tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    made = images.Images(Stack(app, "Any"), "Images", base)
    assert bool(made.prepare_on_spark_uri) is bool(base)
    app.synth()
    assets = json.loads((tmp_path / "Any.assets.json").read_text())["dockerImages"].values()
    sources = {asset["source"]["dockerFile"]: asset["source"].get("dockerBuildArgs") for asset in assets}
    on_spark = {"containers/prepare/spark/Dockerfile": {"BASE_IMAGE": base}} if base else {}
    assert sources == {"containers/prepare/Dockerfile": None, "containers/extract/Dockerfile": None, **on_spark}


def test_a_sentence_of_the_failure_guide_rebuilds_no_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("containers", "contract", "workflow", "lambdas"):
        shutil.copytree(REPOSITORY / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    before = image_hashes(tmp_path, monkeypatch)
    for path in (tmp_path / "workflow").glob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + "# More.\n", encoding="utf-8")
    assert image_hashes(tmp_path, monkeypatch) == before
    (tmp_path / "contract" / "refusal.py").write_text("# Less.\n", encoding="utf-8")
    after = image_hashes(tmp_path, monkeypatch)
    assert after["Prepare"] != before["Prepare"]
    assert after["Extract"] != before["Extract"]


@pytest.mark.parametrize("room", ["containers", "contract"])
def test_what_images_hold_does_not_import_the_workflow(room: str) -> None:
    for path in (REPOSITORY / room).rglob("*.py"):
        assert not re.search(r"^(from|import) workflow\b", path.read_text(encoding="utf-8"), re.MULTILINE), path


@pytest.mark.parametrize("folder", images.JOB_FOLDERS)
def test_an_image_finds_its_modules_from_any_folder(folder: str) -> None:
    """The same command as in ``test_built_images.py``, which runs if images can be built."""
    lines = (REPOSITORY / "containers" / folder / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (home,) = (line.removeprefix("WORKDIR ") for line in lines if line.startswith("WORKDIR "))
    assert any(line.strip().removesuffix(" \\") == f"PYTHONPATH={home}" for line in lines)
    assert any(line.startswith(f"COPY containers/{folder} {home}/containers/") for line in lines)
