"""A model package group of SageMaker's Model Registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class ModelGroup:
    """The model package group of a deployment; ``tags`` are set when it is created."""

    sagemaker: Any  # boto3 client
    name: str
    tags: Mapping[str, str]

    def make(self) -> None:
        """Create the group if it does not exist."""
        try:
            self.sagemaker.create_model_package_group(
                ModelPackageGroupName=self.name,
                ModelPackageGroupDescription="topx: one package for each published version",
                Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()],
            )
        except ClientError as error:
            # SageMaker has no specific error for that.
            if "already exists" not in error.response["Error"]["Message"]:
                raise

    def find(self, beginning: str, since: str) -> str | None:
        """The ARN of the package whose description begins with this text, None if there is none.

        Args:
            since: ISO 8601; older packages are ignored.
        """
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.name, CreationTimeAfter=since
        )
        packages = (package for page in pages for package in page["ModelPackageSummaryList"])
        return next(
            (
                str(package["ModelPackageArn"])
                for package in packages
                if package.get("ModelPackageDescription", "").startswith(beginning)
            ),
            None,
        )

    def add(self, request: Mapping[str, Any]) -> str:
        """Create a package; returns its ARN."""
        return str(self.sagemaker.create_model_package(**request, ModelPackageGroupName=self.name)["ModelPackageArn"])
