"""A published version becomes one package in the Model Registry, whatever fails meanwhile."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from contract.run_layout import RunLayout
from lambdas import aws_clients
from lambdas.aws_clients import AwsUnavailable
from lambdas.handlers import publish_version, register_version, write_outcome
from tests.unit.lambdas.conftest import CODE, Aws
from tests.unit.lambdas.runs import execution, loaded, publishing, run_id, written
from tests.unit.local_aws.model_registry import Registry

GROUP, KNN = "shop-recommendations", "382416733822.dkr.ecr.eu-west-1.amazonaws.com/knn:1"
TAGS = {"topx:stack": "shop", "team": "search"}
SERVED = b"the artifact of the k-NN job that went well"


@pytest.fixture
def registry(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """An empty Model Registry, which the function calls; and a deployment with a group."""
    made, others = Registry.empty(tmp_path, aws.endpoint), aws_clients.client
    monkeypatch.setattr(aws_clients, "client", lambda name: made.client() if name == "sagemaker" else others(name))
    code = {**CODE, "images": {**CODE["images"], "nearest_neighbours": KNN}}  # type: ignore[dict-item]
    monkeypatch.setenv("CODE", json.dumps(code))
    monkeypatch.setenv("MODEL_PACKAGE_GROUP", GROUP)
    monkeypatch.setenv("GROUP_TAGS", json.dumps(TAGS))
    return made


def published(aws: Aws, day: int, **request: Any) -> RunLayout:
    """A published run with its outcome, and the artifacts of a k-NN job that was attempted twice."""
    layout = loaded(aws, day, **request)
    publish_version.handler(publishing(day), None)
    write_outcome.handler(written(day), None)
    for job, body in (("nn-2", b"of a lost attempt"), ("nn-1", SERVED)):
        aws.put(f"{layout.knn_output}{job}/output/model.tar.gz", body)
    return layout


def register(day: int) -> Any:
    return register_version.handler({"run_id": run_id(day)}, None)["model_package"]


def test_a_package_says_what_is_served_how_good_it_is_and_where_it_comes_from(aws: Aws, registry: Registry) -> None:
    layout = published(aws, 23, top_x=7, gate=1.5)
    arn = register(23)
    (package,) = registry.packages(GROUP)
    outcome = aws.get_json(layout.outcome)
    assert arn == package["ModelPackageArn"] == outcome["model_package"]
    assert arn == f"arn:aws:sagemaker:eu-west-1:000000000000:model-package/{GROUP}/1"
    assert package["ModelApprovalStatus"] == "Approved"
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container == {"Image": KNN, "ModelDataUrl": f"s3://{aws.bucket}/{layout.registered_model}"}
    assert aws.get(layout.registered_model) == SERVED
    assert layout.registered_model.startswith("runs/")  # scratch/ expires
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]
    digest = hashlib.sha256(aws.get(f"runs/{run_id(23)}/evaluation/metrics.json")).hexdigest()
    assert statistics == {
        "ContentType": "application/json",
        "ContentDigest": f"sha256:{digest}",
        "S3Uri": f"s3://{aws.bucket}/runs/{run_id(23)}/evaluation/metrics.json",
    }
    assert package["MetadataProperties"] == {"GeneratedBy": execution(23), "CommitId": CODE["version"]}
    properties = package["CustomerMetadataProperties"]
    assert properties["run_id"] == run_id(23)
    assert properties["stack"] == "shop"
    assert properties["data_hash"] == outcome["data_hash"]
    assert (properties["ndcg_at_10"], properties["most_popular_ndcg_at_10"]) == ("0.127", "0.081")
    assert (properties["request.top_x"], properties["request.spot"]) == ("7", "false")
    assert properties["outcome"] == f"s3://{aws.bucket}/{layout.outcome}"
    assert "request.gate" not in properties  # an object


def test_the_group_is_made_with_the_stacks_tags_and_packages_have_none(aws: Aws, registry: Registry) -> None:
    published(aws, 23)
    register(23)
    asked = dict(registry.asked)
    made = asked["CreateModelPackageGroup"]
    assert {tag["Key"]: tag["Value"] for tag in made["Tags"]} == TAGS
    assert "Tags" not in asked["CreateModelPackage"]


def test_the_run_is_the_token_of_its_package(aws: Aws, registry: Registry) -> None:
    published(aws, 23)
    register(23)
    assert dict(registry.asked)["CreateModelPackage"]["ClientToken"] == run_id(23)


def test_a_version_is_registered_once_and_each_version(aws: Aws, registry: Registry) -> None:
    published(aws, 16)
    first = register(16)
    published(aws, 23)
    second = register(23)
    assert [register(16), register(23)] == [first, second]
    assert [package["ModelPackageArn"] for package in registry.packages(GROUP)] == [second, first]
    assert first != second


@pytest.mark.parametrize("forgets_tokens", [False, True], ids=["at once", "days later"])
def test_an_answer_that_was_lost_makes_no_second_package(forgets_tokens: bool, aws: Aws, registry: Registry) -> None:
    layout = published(aws, 23)
    registry.loses_answers = True
    with pytest.raises(AwsUnavailable, match="the answer was lost"):
        register(23)
    assert "model_package" not in aws.get_json(layout.outcome)
    registry.loses_answers, registry.forgets_tokens = False, forgets_tokens
    assert register(23) == registry.packages(GROUP)[0]["ModelPackageArn"]
    assert len(registry.packages(GROUP)) == 1


@pytest.mark.parametrize("operation", ["CreateModelPackageGroup", "ListModelPackages", "CreateModelPackage"])
def test_what_is_declined_is_a_warning_until_it_is_done(operation: str, aws: Aws, registry: Registry) -> None:
    layout = published(aws, 23)
    before = aws.get_json(layout.outcome)["warnings"]
    registry.refusals[operation] = ("AccessDeniedException", "not authorized to perform it")
    for _ in range(2):
        assert register(23) is None
        *others, reported = aws.get_json(layout.outcome)["warnings"]
        assert others == before
        assert f"in group {GROUP}" in reported
        assert "not authorized to perform it" in reported
        assert f'{{"run_id": "{run_id(23)}"}}' in reported
    registry.refusals.clear()
    assert register(23) is not None
    assert aws.get_json(layout.outcome)["warnings"] == before


def test_a_model_that_has_expired_is_a_warning(aws: Aws, registry: Registry) -> None:
    layout = published(aws, 23)
    for key in aws.keys(layout.knn_output):
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    assert register(23) is None
    assert "no model.tar.gz is under" in aws.get_json(layout.outcome)["warnings"][-1]


def test_throttling_is_not_declining(aws: Aws, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = published(aws, 23)
    monkeypatch.setattr("time.sleep", lambda _: None)
    registry.refusals["CreateModelPackage"] = ("ThrottlingException", "Rate exceeded")
    with pytest.raises(AwsUnavailable, match="Rate exceeded"):
        register(23)
    assert "model_package" not in aws.get_json(layout.outcome)


def test_without_a_group_nothing_is_registered_and_the_outcome_stays(
    aws: Aws, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = published(aws, 23)
    outcome = aws.get(layout.outcome)
    monkeypatch.setenv("MODEL_PACKAGE_GROUP", "")
    assert register(23) is None
    assert registry.asked == []
    assert aws.get(layout.outcome) == outcome
    assert layout.registered_model not in aws.keys("runs/")


def test_a_request_of_a_run_that_measured_nothing_is_allowed_too(aws: Aws, registry: Registry) -> None:
    layout = published(aws, 23)
    outcome = aws.get_json(layout.outcome)
    aws.put_json(layout.outcome, {**outcome, "metrics": {"model": None, "most_popular": None}})
    assert register(23) is not None
    assert "ndcg_at_10" not in registry.packages(GROUP)[0]["CustomerMetadataProperties"]
