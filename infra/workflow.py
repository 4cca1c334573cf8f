"""The state machine, from ``workflow.asl.yaml``."""

import json
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import Aws, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.function_permissions import statements_about_runs
from infra.functions import BatchFunction
from infra.images import Images
from infra.network import Network
from infra.statements import give_apart
from infra.storage import Storage
from infra.workflow_role import WorkflowRole
from workflow.stages import CALLED

DEFINITION = Path(__file__).with_name("workflow.asl.yaml")


def definition(network: Network | None = None) -> dict[str, Any]:
    """The definition with its placeholders, YAML's anchors resolved.

    Args:
        network: for the requests that take a VPC; JSONPath could not leave it out of a request.
    """
    document: dict[str, Any] = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    if network:
        for state in document["States"].values():
            network.place(state)
    return document


class Workflow(Construct):
    """The state machine and its log.

    The definition stands in the template itself, so that a reviewer sees a change of it in ``cdk diff``. Every event is
    logged: a run has some dozens. X-Ray stays off: it shows calls of milliseconds, these states take minutes, and the
    console's own timeline shows them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        storage: Storage,
        images: Images,
        functions: dict[str, BatchFunction],
        job_role: iam.Role,
        network: Network | None,
    ) -> None:
        super().__init__(scope, id)
        called = [functions[function.name].function for function in CALLED]
        role = WorkflowRole(self, "Access", storage=storage, functions=called, job_role=job_role)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            comment="topx: interactions in, each user's top-x items in DynamoDB out",
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition(network), ensure_ascii=False)),
            definition_substitutions={
                "Partition": Aws.PARTITION,
                "BucketName": storage.bucket.bucket_name,
                "JobRoleArn": job_role.role_arn,
                "PrepareImageUri": images.prepare_uri,
                "ExtractImageUri": images.extract_uri,
                "FactorizationMachinesImageUri": images.factorization_machines_uri,
                "NearestNeighboursImageUri": images.nearest_neighbours_uri,
                **{function.placeholder: functions[function.name].function.function_arn for function in CALLED},
            },
            # Its permissions are all in workflow_role.py, those for its log too.
            role=role.role.without_policy_updates(),
            logs=sfn.LogOptions(destination=self._log(), level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        self.state_machine.node.add_dependency(role.role)
        role.allow_distributed_map(self.state_machine)
        # Apart from the functions' other permissions: those must be there before the state machine, these name it.
        for function in CALLED:
            if asked := statements_about_runs(self.state_machine, function):
                give_apart(self, f"AskAboutRuns-{function.name}", functions[function.name].role, asked)

    def _log(self) -> logs.LogGroup:
        """Under ``/aws/vendedlogs/``: groups elsewhere each lengthen a resource policy of limited size."""
        return logs.LogGroup(
            self,
            "Log",
            log_group_name=Fn.join("", ["/aws/vendedlogs/states/", Aws.STACK_NAME]),
            retention=logs.RetentionDays.SIX_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
