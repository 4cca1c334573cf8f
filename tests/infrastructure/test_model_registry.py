"""With a model package group in the settings, one function may register versions there; without, it has no permission
to.
"""

import json
from typing import Any

import pytest

from contract.run_layout import RunLayout
from tests.infrastructure.role_statements import Statement, of_function, statements_of
from tests.infrastructure.template_parts import of_type

HANDLER = "lambdas.handlers.register_version.handler"
SAGEMAKER = "arn:aws:sagemaker:eu-west-1:111122223333"
LAYOUT = RunLayout("", "20261123t030000120-a9711f")


def variables(template: dict[str, Any]) -> dict[str, Any]:
    """The function's environment."""
    (function,) = (
        f for f in of_type(template, "AWS::Lambda::Function").values() if f["Properties"]["Handler"] == HANDLER
    )
    found: dict[str, Any] = function["Properties"]["Environment"]["Variables"]
    return found


def allowed(statements: list[Statement], action: str, resource: str) -> bool:
    return any(statement.allows(action, resource) for statement in statements)


def test_without_a_group_the_function_may_keep_its_log_and_no_more(template: dict[str, Any]) -> None:
    own = of_function("register_version", statements_of(template), template)
    assert [statement.reason for statement in own] == ["KeepLog"]
    assert variables(template)["MODEL_PACKAGE_GROUP"] == ""


def test_the_function_gets_the_group_and_its_tags(registering: dict[str, Any]) -> None:
    reported = variables(registering)
    assert reported["MODEL_PACKAGE_GROUP"] == "shop-lists"
    assert json.loads(reported["GROUP_TAGS"]) == {"topx:stack": "shop", "team": "search"}


def test_the_group_is_no_resource_of_the_stack(registering: dict[str, Any]) -> None:
    """It may exist before the stack, and outlives it: a group with packages cannot be deleted."""
    assert of_type(registering, "AWS::SageMaker::ModelPackageGroup") == {}


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("sagemaker:CreateModelPackageGroup", "model-package-group/shop-lists", True),
        ("sagemaker:AddTags", "model-package-group/shop-lists", True),
        ("sagemaker:CreateModelPackage", "model-package-group/shop-lists", True),
        ("sagemaker:CreateModelPackage", "model-package/shop-lists/12", True),
        ("sagemaker:ListModelPackages", "model-package-group/shop-lists", True),
        ("sagemaker:AddTags", "model-package/shop-lists/12", False),
        ("sagemaker:CreateModelPackage", "model-package/shop-lists-2/1", False),
        ("sagemaker:CreateModelPackage", "model-package-group/churn", False),
        ("sagemaker:CreateModelPackageGroup", "model-package-group/churn", False),
        ("sagemaker:UpdateModelPackage", "model-package/shop-lists/12", False),
        ("sagemaker:DeleteModelPackage", "model-package/shop-lists/12", False),
    ],
)
def test_it_reaches_the_group_and_its_packages_alone(
    action: str, resource: str, may: bool, registering: dict[str, Any]
) -> None:
    own = of_function("register_version", statements_of(registering), registering)
    assert allowed(own, action, f"{SAGEMAKER}:{resource}") is may


def test_it_copies_the_model_out_of_what_expires(registering: dict[str, Any]) -> None:
    own = of_function("register_version", statements_of(registering), registering)
    bucket = "<StorageBucket5CB7C8EA>"
    assert allowed(own, "s3:GetObject", f"{bucket}/{LAYOUT.knn_output}job/output/model.tar.gz")
    assert allowed(own, "s3:PutObject", f"{bucket}/{LAYOUT.registered_model}")
    assert not allowed(own, "s3:PutObject", f"{bucket}/{LAYOUT.plan}")
