"""Least privilege: no action beyond the calls, no resource wider than AWS requires, and no call denied."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest

from contract import run_request
from contract.run_layout import RunLayout
from contract.stage_fragments import Named
from infra.workflow import after_publishing, definition
from lambdas.planning import job_requests
from lambdas.planning.job_volumes import JobVolumes
from tests.infrastructure.definition_checks.stage_table import stages_of
from tests.infrastructure.role_statements import EXECUTION, Statement, listed, of_function
from tests.infrastructure.template_parts import machines, of_type
from tests.infrastructure.test_definition import sagemaker_states
from workflow import instance_sizes
from workflow.stages import called

DEFINITIONS = (definition(), after_publishing())
# These actions have no resource-level permissions ("Actions, resources, and condition keys" of each service).


WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "sagemaker:ListModels",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "servicequotas:ListServiceQuotas",
}


def role_of(machine: str, template: dict[str, Any]) -> str:
    """The role of a state machine."""
    role: str = template["Resources"][machine]["Properties"]["RoleArn"]["Fn::GetAtt"][0]
    return role


@pytest.fixture(scope="module")
def workflow_role(template: dict[str, Any]) -> str:
    """The role of the run's state machine."""
    return role_of(machines(template)[0], template)


@pytest.fixture(scope="module")
def after_role(template: dict[str, Any]) -> str:
    """The role of the state machine after publishing."""
    return role_of(machines(template)[1], template)


def test_no_policy_is_managed_by_aws_and_none_is_shared(template: dict[str, Any]) -> None:
    assert of_type(template, "AWS::IAM::ManagedPolicy") == {}
    assert [
        role for role in of_type(template, "AWS::IAM::Role").values() if "ManagedPolicyArns" in role["Properties"]
    ] == []
    assert all(len(policy["Properties"]["Roles"]) == 1 for policy in of_type(template, "AWS::IAM::Policy").values())


def test_every_statement_has_a_reason(statements: list[Statement]) -> None:
    assert [statement for statement in statements if not statement.reason] == []


def test_no_action_is_a_pattern(statements: list[Statement]) -> None:
    assert [action for statement in statements for action in statement.actions if "*" in action] == []


def test_only_actions_without_a_resource_are_allowed_on_anything(statements: list[Statement]) -> None:
    wide = [statement for statement in statements if "*" in statement.resources]
    assert {action for statement in wide for action in statement.actions} == WITHOUT_RESOURCE


def test_no_statement_reaches_another_account_but_for_amazons_images(statements: list[Statement]) -> None:
    for statement in statements:
        for resource in statement.resources:
            account = resource.split(":")[4] if resource.count(":") >= 5 else "111122223333"
            if account not in ("", "111122223333"):
                assert statement.reason == "PullImages", resource


@pytest.mark.parametrize(
    ("service", "conditioned"),
    [("sagemaker.amazonaws.com", True), ("states.amazonaws.com", True), ("scheduler.amazonaws.com", True)],
)
def test_a_role_is_taken_by_its_service_for_this_account_only(
    service: str, conditioned: bool, template: dict[str, Any]
) -> None:
    trusts = [
        statement
        for role in of_type(template, "AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": service}
    ]
    assert len(trusts) == (2 if service.startswith("states") else 1)
    for trust in trusts:
        assert ("Condition" in trust) is conditioned
        assert trust["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


def job_names() -> dict[str, str]:
    """A job name like in a run, for each stage of the plan."""
    layout = RunLayout("bucket", "20261123t030000120-a9711f")
    given = run_request.parse({})
    request = instance_sizes.sized(given, instance_sizes.fitting(given, 0))
    stages = job_requests.stages(
        layout,
        request,
        JobVolumes(30, 30, 30, 30),
        {"items": ["films.csv"], "users": ["people.csv"]},
        {"prepare": "any"},
    )
    bases = {stage: cast("Named", plan)["base"] for stage, plan in stages.items()}
    return {stage: f"{base}-8d3c2b1a-0000-4000-8000-000000000000" for stage, base in bases.items()}


def sagemaker_calls(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Action and ARN of every call to SageMaker that a definition makes, directly or for ``.sync``.

    Source: "Create and manage Amazon SageMaker AI jobs with Step Functions", IAM policies.
    """
    names, arn = job_names(), "arn:aws:sagemaker:eu-west-1:111122223333"
    for _, operation, parameters in sagemaker_states(definition):
        kind = operation.removeprefix("Create").removeprefix("Delete")
        if operation == "DeleteModel":
            yield "sagemaker:DeleteModel", f"{arn}:model/{names['knn']}"
            continue
        (stage,) = re.findall(r"\$\.plan\.(\w+)\.base", str(parameters))
        resource = f"{arn}:{re.sub('Job$', '-job', kind).lower()}/{names[stage]}"
        yield f"sagemaker:{operation}", resource
        if kind.endswith("Job"):
            for action in (f"Describe{kind}", f"Stop{kind}", "AddTags", "ListTags"):
                yield f"sagemaker:{action}", resource
        else:
            # A model is tagged too (aws-quickstart/quickstart-aws-utility-meter-data-analytics-platform#53).
            yield "sagemaker:AddTags", resource


@pytest.mark.parametrize("number", [0, 1], ids=["the run", "after publishing"])
def test_each_state_machine_may_make_its_own_calls_to_sagemaker_and_not_the_others(
    number: int, statements: list[Statement], template: dict[str, Any]
) -> None:
    role = role_of(machines(template)[number], template)
    own, others = (set(sagemaker_calls(one)) for one in (DEFINITIONS[number], DEFINITIONS[1 - number]))
    assert len(own - others) > 1

    def allowed(call: tuple[str, str]) -> bool:
        return any(statement.allows(*call) for statement in statements if statement.role == role)

    assert {call for call in own | others if allowed(call)} == own


def test_the_workflow_may_not_touch_other_peoples_jobs(statements: list[Statement], workflow_role: str) -> None:
    for other in ("churn-2026", "fm-2026", "topx-shop-2026"):
        arn = f"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{other}"
        for action in ("StopTrainingJob", "DescribeTrainingJob", "AddTags"):
            allowing = [
                one for one in statements if one.role == workflow_role and one.allows(f"sagemaker:{action}", arn)
            ]
            assert allowing == [], (action, other)


def test_only_what_bears_the_stacks_tag_is_stopped_or_deleted(statements: list[Statement]) -> None:
    """Two stacks in one account give their jobs similar names."""
    ending = [
        statement
        for statement in statements
        if any(re.match("sagemaker:(Stop|Delete)", action) for action in statement.actions)
    ]
    assert {action for one in ending for action in one.actions} == {
        *(f"sagemaker:Stop{kind}Job" for kind in ("Processing", "Training", "Transform")),
        "sagemaker:DeleteModel",
    }
    assert len({one.role for one in ending}) == 3  # both state machines, and the function that deletes leftover models
    for one in ending:
        assert one.conditions == {"StringEquals": {"aws:ResourceTag/topx:stack": {"Ref": "AWS::StackName"}}}


@pytest.mark.parametrize("kind", ["Processing", "Training", "Transform"])
@pytest.mark.parametrize("action", ["PutTargets", "PutRule", "DescribeRule"])
def test_the_workflow_may_keep_the_rules_by_which_it_hears_of_jobs_ends(
    action: str, kind: str, statements: list[Statement], workflow_role: str
) -> None:
    rule = f"arn:aws:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule"
    assert any(
        statement.allows(f"events:{action}", rule) for statement in statements if statement.role == workflow_role
    )


def test_the_workflow_hands_the_jobs_role_to_sagemaker_and_to_nobody_else(
    statements: list[Statement], workflow_role: str, after_role: str, job_role: str
) -> None:
    passing = [statement for statement in statements if "iam:PassRole" in statement.actions]
    assert {one.role for one in passing} == {workflow_role, after_role}
    for one in passing:
        assert one.resources == [f"<{job_role}>"]
        assert one.conditions == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


@pytest.mark.parametrize("number", [0, 1], ids=["the run", "after publishing"])
def test_a_state_machine_calls_its_own_functions_only(
    number: int, statements: list[Statement], template: dict[str, Any]
) -> None:
    role = role_of(machines(template)[number], template)
    (calling,) = (s for s in statements if s.role == role and "lambda:InvokeFunction" in s.actions)
    handlers = {
        template["Resources"][resource.strip("<>")]["Properties"]["Handler"].split(".")[2]
        for resource in calling.resources
    }
    assert handlers == {function.name for function in called(stages_of(DEFINITIONS[number]))}
    assert len(calling.resources) == len(handlers)


def test_the_state_machines_read_the_manifests_that_their_maps_go_through(
    statements: list[Statement], workflow_role: str, after_role: str
) -> None:
    layout = RunLayout("bucket", "20261123t030000120-a9711f")
    for role, manifest in ((workflow_role, layout.manifest), (after_role, layout.retirement)):
        reading = [s for s in statements if s.role == role and "s3:GetObject" in s.actions]
        keys = (layout.manifest, layout.retirement, layout.plan)
        read = {key for key in keys if any(s.allows("s3:GetObject", f"<StorageBucket5CB7C8EA>/{key}") for s in reading)}
        assert read == {manifest}


@pytest.mark.parametrize("number", [0, 1], ids=["the run", "after publishing"])
def test_the_maps_children_are_allowed_apart_from_the_state_machines_own_policy(
    number: int, template: dict[str, Any], statements: list[Statement]
) -> None:
    """In one policy this would be circular: the machine depends on its role's policy, which names the machine."""
    machine = machines(template)[number]
    resource, role = template["Resources"][machine], role_of(machine, template)
    own = [s for s in statements if s.role == role]
    child = f"{EXECUTION}:<{machine}>/Load:8d3c2b1a"
    assert any(s.allows("states:StartExecution", f"<{machine}>") for s in own)
    for action in ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"):
        assert any(s.allows(action, child) for s in own), action
    (policy,) = (
        name
        for name, found in of_type(template, "AWS::IAM::Policy").items()
        if any(
            "states:StartExecution" in listed(s["Action"]) and listed(s["Resource"]) == [{"Ref": machine}]
            for s in found["Properties"]["PolicyDocument"]["Statement"]
        )
        and found["Properties"]["Roles"] == [{"Ref": role}]
    )
    assert policy not in resource["DependsOn"]
    assert [name for name in resource["DependsOn"] if name != role]


def test_a_run_may_start_what_comes_after_it_and_not_the_other_way_round(
    statements: list[Statement], template: dict[str, Any], workflow_role: str, after_role: str
) -> None:
    run, after = machines(template)
    (topic,) = of_type(template, "AWS::SNS::Topic")

    def allowed(role: str, action: str, resource: str) -> bool:
        return any(s.allows(action, resource) for s in statements if s.role == role)

    assert allowed(workflow_role, "states:StartExecution", f"<{after}>")
    assert allowed(workflow_role, "sns:Publish", f"<{topic}>")
    assert not allowed(after_role, "states:StartExecution", f"<{run}>")
    assert not allowed(after_role, "sns:Publish", f"<{topic}>")


def test_planning_deletes_models_of_runs_and_no_others(statements: list[Statement], template: dict[str, Any]) -> None:
    own = of_function("plan_run", statements, template)
    models = "arn:aws:sagemaker:eu-west-1:111122223333:model/"
    machine = machines(template)[0]

    def allowed(action: str, resource: str) -> bool:
        return any(statement.allows(action, resource) for statement in own)

    assert allowed("sagemaker:ListModels", "*")
    assert allowed("sagemaker:DeleteModel", f"{models}{job_names()['knn']}")
    assert not allowed("sagemaker:DeleteModel", f"{models}churn-2026")
    assert allowed("states:DescribeExecution", f"{EXECUTION}:<{machine}>:8d3c2b1a")
    assert allowed(
        "s3:PutObject", f"<StorageBucket5CB7C8EA>/{RunLayout('', '20261123t030000120-a9711f').models_checked}"
    )


def test_the_schedule_starts_this_state_machine_and_keeps_failed_starts(
    statements: list[Statement], template: dict[str, Any]
) -> None:
    (schedule,) = of_type(template, "AWS::Scheduler::Schedule").values()
    machine = machines(template)[0]
    (queue,) = of_type(template, "AWS::SQS::Queue")
    role = schedule["Properties"]["Target"]["RoleArn"]["Fn::GetAtt"][0]
    allowed = {(s.actions[0], s.resources[0]) for s in statements if s.role == role}
    assert allowed == {("states:StartExecution", f"<{machine}>"), ("sqs:SendMessage", f"<{queue}>")}
