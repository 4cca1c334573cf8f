"""The images that SageMaker runs: two or, with Spark, three of our own, and those of two built-in algorithms."""

import json
from pathlib import Path

from aws_cdk import Aws, CfnMapping, Fn, IgnoreMode, Stack
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from infra import image_output

REPOSITORY = Path(__file__).resolve().parents[1]
# The folders of containers/ that become one image each; the rest of containers/ is in both.
JOB_FOLDERS = ("prepare", "extract")
SPARK = "/spark"  # of prepare's folder
REGISTRY = Path(__file__).with_name("algorithm_registry.json")


class Images(Construct):
    """Image URIs, and the repositories from which the jobs' role pulls them."""

    def __init__(self, scope: Construct, id: str, spark_base_image: str = "") -> None:
        super().__init__(scope, id)
        prepare = self._job_image("Prepare", "prepare")
        extract = self._job_image("Extract", "extract")
        # Only if it is set: the base image has gigabytes and requires a sign-in.
        on_spark = self._job_image("PrepareOnSpark", "prepare", SPARK, spark_base_image) if spark_base_image else None
        self.prepare_uri = prepare.image_uri
        self.prepare_on_spark_uri = on_spark.image_uri if on_spark else None
        self.extract_uri = extract.image_uri

        registry = json.loads(REGISTRY.read_text(encoding="utf-8"))
        self._tag = registry["version"]
        self._accounts = CfnMapping(
            self,
            "AlgorithmAccounts",
            mapping={region: {"account": account} for region, account in registry["accounts"].items()},
        )
        factorization_machines = registry["repositories"]["factorization_machines"]
        nearest_neighbours = registry["repositories"]["nearest_neighbours"]
        self.factorization_machines_uri = self._algorithm_uri(factorization_machines)
        self.nearest_neighbours_uri = self._algorithm_uri(nearest_neighbours)

        self.repository_arns = [
            prepare.repository.repository_arn,  # the same for all assets
            self._algorithm_repository_arn(factorization_machines),
            self._algorithm_repository_arn(nearest_neighbours),
        ]

    def _job_image(self, id: str, folder: str, part: str = "", base: str = "") -> ecr_assets.DockerImageAsset:
        """An image built at deployment, from only the packages that its process imports.

        SageMaker's instances are x86-64, whatever the deploying machine is. The image's tag does not depend on the
        builder.

        Args:
            part: the subfolder with the Dockerfile, after ``folder``.
            base: the base image, if it is not the Dockerfile's own.
        """
        return ecr_assets.DockerImageAsset(
            self,
            id,
            directory=str(REPOSITORY),
            file=f"containers/{folder}{part}/Dockerfile",
            build_args={"BASE_IMAGE": base} if base else None,
            platform=ecr_assets.Platform.LINUX_AMD64,
            outputs=image_output.outputs(),
            invalidation=ecr_assets.DockerImageAssetInvalidationOptions(outputs=False),
            ignore_mode=IgnoreMode.GIT,
            exclude=[
                "*",
                "!containers",
                "!containers/**",
                *(f"containers/{other}" for other in JOB_FOLDERS if other != folder),
                "!contract",
                "!contract/**",
                "!sagemaker_contract",
                "!sagemaker_contract/**",
                "__pycache__",
            ],
        )

    def _registry_account(self) -> str:
        return self._accounts.find_in_map(Aws.REGION, "account")

    def _algorithm_uri(self, repository: str) -> str:
        host = Fn.join(".", [self._registry_account(), "dkr.ecr", Aws.REGION, Aws.URL_SUFFIX])
        return f"{host}/{repository}:{self._tag}"

    def _algorithm_repository_arn(self, repository: str) -> str:
        return Stack.of(self).format_arn(
            service="ecr", account=self._registry_account(), resource="repository", resource_name=repository
        )
