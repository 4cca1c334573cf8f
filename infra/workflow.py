"""The two state machines, from ``workflow.asl.yaml``."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import yaml
from aws_cdk import Aws, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import tags
from infra.function_permissions import statements_about_runs
from infra.functions import BatchFunction
from infra.images import Images
from infra.log_retention import RETENTION
from infra.network import Network
from infra.statements import give_apart
from infra.states_language import Definition
from infra.storage import Storage
from infra.workflow_role import WorkflowRole
from workflow.after_publishing import AFTER_PUBLISHING
from workflow.stage import Stage
from workflow.stages import FUNCTIONS, STAGES, called

DEFINITION = Path(__file__).with_name("workflow.asl.yaml")
_SECOND = "AfterPublishing"
NO_TAGS: Mapping[str, str] = MappingProxyType({})
# By state machine, the log group's construct id and the suffix of its name.
_LOGS = {"StateMachine": ("Log", ""), "AfterPublishing": ("AfterPublishingLog", "-after-publishing")}


def definition(network: Network | None = None, own_tags: Mapping[str, str] = NO_TAGS) -> Definition:
    """The run's definition with its placeholders, and YAML anchors resolved.

    Args:
        network: for requests that take a VPC; JSONPath cannot omit it from a request.
        own_tags: the customer's tags, for every job and model.
    """
    document = _document()
    del document[_SECOND]
    return _placed(document, network, own_tags)


def after_publishing(network: Network | None = None, own_tags: Mapping[str, str] = NO_TAGS) -> Definition:
    """The definition of the state machine after publishing, in the same way."""
    return _placed(_document()[_SECOND], network, own_tags)


def _document() -> Definition:
    # Via JSON, so that each use of a YAML anchor becomes a separate object.
    document: Definition = json.loads(json.dumps(yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))))
    return document


def _placed(document: Definition, network: Network | None, own_tags: Mapping[str, str]) -> Definition:
    for state in document["States"].values():
        tags.place(state, own_tags)
        if network:
            network.place(state)
    return document


class Workflow(Construct):
    """The state machines and their logs. A run succeeds once its version is published; it then starts the second
    one.

    The definitions are inline in the template, so that ``cdk diff`` shows their changes. Every event is logged: a run
    has some dozens. X-Ray is off: it shows calls of milliseconds, these states take minutes, and the console has its
    own timeline.
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
        own_tags: Mapping[str, str],
        failures: sns.Topic,
        keep_logs_days: int,
    ) -> None:
        super().__init__(scope, id)
        self._keep_logs = RETENTION[keep_logs_days]
        self._storage, self._functions, self._job_role = storage, functions, job_role
        self._values = {
            "Partition": Aws.PARTITION,
            "StackName": Aws.STACK_NAME,
            "BucketName": storage.bucket.bucket_name,
            "JobRoleArn": job_role.role_arn,
            "ExtractImageUri": images.extract_uri,
            "FactorizationMachinesImageUri": images.factorization_machines_uri,
            "NearestNeighboursImageUri": images.nearest_neighbours_uri,
        }
        role = self._role("AfterPublishingAccess", "topx: what follows publishing", AFTER_PUBLISHING)
        self.after_publishing = self._machine(
            "AfterPublishing",
            "topx, after a run has published: outcome and cleanup. If it fails, the version stays current",
            after_publishing(network, own_tags),
            AFTER_PUBLISHING,
            role,
        )
        role = self._role("Access", "topx: the weekly workflow", STAGES)
        role.allow_what_follows(self.after_publishing, failures)
        self._values["AfterPublishingArn"] = self.after_publishing.state_machine_arn
        self._values["FailuresTopicArn"] = failures.topic_arn
        self.state_machine = self._machine(
            "StateMachine",
            "topx: interactions in, each user's top-x items in DynamoDB out. If it fails, nothing is published",
            definition(network, own_tags),
            STAGES,
            role,
        )
        # In a policy of its own: the functions' other permissions must exist before the state machine, which this one
        # names.
        for function in FUNCTIONS.values():
            if asked := statements_about_runs(self.state_machine, self.after_publishing, function):
                give_apart(self, f"AskAboutRuns-{function.name}", functions[function.name].role, asked)

    def _role(self, id: str, description: str, stages: Sequence[Stage]) -> WorkflowRole:
        return WorkflowRole(
            self,
            id,
            description=description,
            stages=stages,
            storage=self._storage,
            functions=[self._functions[function.name].function for function in called(stages)],
            job_role=self._job_role,
        )

    def _machine(
        self, id: str, comment: str, document: Definition, stages: Sequence[Stage], role: WorkflowRole
    ) -> sfn.StateMachine:
        """A state machine of the stack; only the placeholders in its definition are substituted."""
        text = json.dumps(document, ensure_ascii=False)
        places = {function.placeholder: function.name for function in called(stages)}
        machine = sfn.StateMachine(
            self,
            id,
            comment=comment,
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions={
                **{name: value for name, value in self._values.items() if f"${{{name}}}" in text},
                **{place: self._functions[name].function.function_arn for place, name in places.items()},
            },
            # All its permissions are in workflow_role.py, including those for its log.
            role=role.role.without_policy_updates(),
            logs=sfn.LogOptions(destination=self._log(id), level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        machine.node.add_dependency(role.role)
        role.allow_distributed_map(machine)
        return machine

    def _log(self, machine: str) -> logs.LogGroup:
        """Under ``/aws/vendedlogs/``: each group elsewhere adds to a resource policy of limited size."""
        id, suffix = _LOGS[machine]
        return logs.LogGroup(
            self,
            id,
            log_group_name=Fn.join("", ["/aws/vendedlogs/states/", Aws.STACK_NAME, suffix]),
            retention=self._keep_logs,
            encryption_key=self._storage.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
