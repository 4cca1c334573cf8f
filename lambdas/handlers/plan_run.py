"""State "Plan the run": validates the input, snapshots the data, writes plan.json, and deletes leftover models."""

import json
import os
from collections.abc import Mapping
from typing import Any, TypedDict

from contract import dataset, forgotten_users, freshness, list_rules, run_layout, run_request
from contract.documents import Code, Execution, Plan, PublishedAlready
from contract.refusal import InputRefused, RequestRefused
from contract.request_document import Request
from contract.run_layout import RunLayout
from contract.stage_fragments import Stages
from lambdas import aws_clients, run_log
from lambdas.forgetting.suppression_list import SuppressionList
from lambdas.planning import (
    champion,
    input_snapshot,
    job_requests,
    job_volumes,
    leftover_models,
    published_already,
    quotas,
)
from lambdas.planning.input_snapshot import InputSnapshot
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments
from workflow import instance_sizes, instance_types

# A run can do without Service Quotas, so its client waits less than the others.
_ATTEMPTS_AT_QUOTAS = 2


class RunIdTaken(Exception):
    """Another execution has this run's id."""


class Answer(Stages):
    """The state's ``$.plan``: the parts of plan.json that later states need."""

    run_id: str
    dry_run: bool
    anything_new: bool
    unchanged: PublishedAlready | None
    manifest: str  # a key, like the next one
    retirement: str


class Event(TypedDict):
    """What the state passes."""

    input: object  # of the execution, not validated yet
    execution: Execution


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Answer:
    """Returns the state's ``$.plan``."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    state = plan_run(
        documents,
        aws_clients.table(os.environ["TABLE"]),
        event["input"],
        event["execution"],
        code=json.loads(os.environ["CODE"]),
        quotas_client=aws_clients.client("service-quotas", attempts=_ATTEMPTS_AT_QUOTAS),
        keep_versions=int(os.environ["KEEP_VERSIONS"]),
        key=os.environ.get("KMS_KEY_ARN"),
    )
    if not state["dry_run"]:
        leftover_models.delete(
            documents, aws_clients.client("stepfunctions"), aws_clients.client("sagemaker"), state["run_id"]
        )
    return state


def plan_run(
    documents: JsonDocuments,
    table: Any,
    given: object,
    execution: Execution,
    *,
    code: Code,
    quotas_client: Any,
    keep_versions: int,
    key: str | None,
) -> Answer:
    """Write plan.json and return the part of it that the states need.

    The same execution always gets the same plan, even if the input has changed since.

    Args:
        documents: in the bucket.
        table: boto3 DynamoDB Table.
        given: the execution's input.
        execution: its ARN, and when it started.
        code: what is deployed.
        quotas_client: boto3 Service Quotas client.
        keep_versions: how many published versions to keep.
        key: ARN of the customer managed key for the jobs' volumes and outputs, if there is one.

    Raises:
        RequestRefused: with every error in the execution's input, or every quota that is too low.
        InputRefused: with everything missing or wrong under ``input/``.
        RunIdTaken: if two executions started in the same millisecond have ARNs with the same hash.
    """
    request = run_request.parse(given, instance_types=instance_types.by_field())
    if request["prepare_engine"] == run_request.SPARK and job_requests.ON_SPARK not in code["images"]:
        raise RequestRefused(
            'prepare_engine must be "single" or null, got "spark": this deployment has no image for Spark; deploy it '
            "with the setting spark_base_image"
        )
    layout = RunLayout(documents.bucket, run_layout.run_id_of(execution["arn"], execution["started"]))
    plan: Plan | None = documents.find(layout.plan)
    if plan is None:
        named = set(given) if isinstance(given, Mapping) else set[str]()
        plan = _plan(
            layout,
            documents,
            table,
            request,
            named,
            quotas_client=quotas_client,
            execution=execution,
            code=code,
            keep_versions=keep_versions,
            key=key,
        )
        documents.write(layout.plan, plan)
    elif plan["execution"]["arn"] != execution["arn"]:
        raise RunIdTaken(f"run {layout.run_id} belongs to {plan['execution']['arn']}; start another execution")
    return _state(layout, plan)


def _plan(
    layout: RunLayout,
    documents: JsonDocuments,
    table: Any,
    request: Request,
    named: set[str],
    *,
    quotas_client: Any,
    execution: Execution,
    code: Code,
    keep_versions: int,
    key: str | None,
) -> Plan:
    found = input_snapshot.take(documents, request["feedback"])
    request = _fitting(request, named, found)
    text_bytes = job_volumes.text_bytes(found.interactions)
    instances = instance_sizes.fitting(request, text_bytes, has_spark=job_requests.ON_SPARK in code["images"])
    sized = instance_sizes.sized(request, instances)
    versions = VersionPointer(table)
    published = champion.find(documents, versions)
    forgotten = SuppressionList(table).users()
    if forgotten is not None:
        documents.write(layout.forgotten, forgotten)
    volumes = job_volumes.estimate(
        found.interactions,
        request["feedback"],
        request["factors"],
        refit=request["refit"] is not False,
        history_rank=request["history_rank"],
        champion_size=published.size if published else 0,
        features=dataset.parse(json.dumps(found.description)).features,
    )
    plan: Plan = {
        "run_id": layout.run_id,
        "execution": {"arn": execution["arn"], "started": execution["started"]},
        "request": request,
        "dataset": found.description,
        "input": found.objects(),
        "champion": published.as_json() if published else None,
        "forgotten": forgotten_users.note_of(forgotten["users"] if forgotten else ()),
        "code": code,
        "unchanged": None,
        "keep_versions": keep_versions,
        "quotas": quotas.NOT_ASKED,
        "instances": instances,
        "stages": job_requests.stages(
            layout,
            sized,
            volumes,
            found.objects(),
            code["images"],
            champion=published if published and not published.fault else None,
            forgotten=forgotten is not None,
            key=key,
        ),
    }
    if not request["force"]:
        plan["unchanged"] = published_already.find(documents, versions, plan)
    if plan["unchanged"] is None:
        plan["quotas"] = quotas.require(quotas_client, sized)
    return plan


def _fitting(request: Request, named: set[str], found: InputSnapshot) -> Request:
    """The request with the effective rules: a redrive must use the same ones, even if rules.json changes.

    Args:
        named: the fields present in the execution's input.

    Raises:
        InputRefused: if it asks for what the data does not provide.
    """
    given = request["exclude_seen"] if "exclude_seen" in named else None
    rules, exclude_seen = list_rules.laid_over(found.rules, request["rules"], given)
    described = dataset.parse(json.dumps(found.description))
    faults = list_rules.faults_with(rules, exclude_seen, described)
    if undated := freshness.fault_of_dataset(described, request["newest_within_days"]):
        faults.append(undated)
    if faults:
        raise InputRefused("; ".join(faults))
    return {**request, "rules": rules, "exclude_seen": exclude_seen}


def _state(layout: RunLayout, plan: Plan) -> Answer:
    return {
        "run_id": layout.run_id,
        "dry_run": plan["request"]["dry_run"],
        "anything_new": plan["unchanged"] is None,
        "unchanged": plan["unchanged"],
        "manifest": layout.manifest,
        "retirement": layout.retirement,
        **plan["stages"],
    }
