"""Each image of the deployed template is identified by its own name or tag, and started in its own environment."""

import json
from pathlib import Path

import pytest

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.container_catalogue import ImageCatalogue

REGISTRY = "382416733822.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def catalogue(tmp_path: Path) -> ImageCatalogue:
    home = EngineHome(tmp_path)
    home.make_folders()
    home.images.write_text(json.dumps({"abc": "containers/prepare", "def": "containers/extract"}))
    return ImageCatalogue(home, lambda folder: Path("/envs") / folder / "python")


@pytest.mark.parametrize(
    ("image", "module", "mxnet"),
    [
        (f"{REGISTRY}/cdk-assets:abc", "containers.prepare", False),
        (f"{REGISTRY}/cdk-assets:def", "containers.extract", True),
        (f"{REGISTRY}/factorization-machines:1", "local_aws.algorithms.factorization_machines", False),
        (f"{REGISTRY}/knn:1", "local_aws.algorithms.nearest_neighbours", False),
    ],
)
def test_an_image_runs_its_module_in_its_folders_environment(
    catalogue: ImageCatalogue, image: str, module: str, mxnet: bool
) -> None:
    assert catalogue.knows(image)
    container = catalogue.container(image)
    assert container.command == (f"/envs/{module.replace('.', '/')}/python", "-m", module)
    expected = {"MXNET_PYTHON": "/envs/containers/extract/mxnet/python"} if mxnet else {}
    assert container.environment == expected


@pytest.mark.parametrize("image", [f"{REGISTRY}/cdk-assets:ghi", f"{REGISTRY}/knn:2", f"{REGISTRY}/xgboost:1"])
def test_any_other_image_is_unknown(catalogue: ImageCatalogue, image: str) -> None:
    assert not catalogue.knows(image)


def test_before_a_deployment_only_the_algorithms_are_known(tmp_path: Path) -> None:
    catalogue = ImageCatalogue(EngineHome(tmp_path))
    assert catalogue.knows(f"{REGISTRY}/knn:1")
    assert not catalogue.knows(f"{REGISTRY}/cdk-assets:abc")
