"""A deployment with the customer's VPC and key, an input for its scheduled runs and a model package group."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

import infra  # noqa: F401 - names the Node that aws_cdk runs on
from infra.settings import Settings
from infra.stack import TopxStack
from tests.infrastructure.role_statements import Statement, statements_of
from tests.infrastructure.security_acknowledgements import ACKNOWLEDGEMENTS, GIVEN, IN_A_VPC, REGISTERING
from tests.infrastructure.template_parts import machines, of_type
from tests.infrastructure.test_definition import NETWORK
from tests.infrastructure.test_security_rules import open_findings, rule
from tests.infrastructure.test_settings import KEY

REPOSITORY = Path(__file__).parents[2]
SETTINGS = {
    "subnet_ids": list(NETWORK.subnet_ids),
    "security_group_ids": list(NETWORK.security_group_ids),
    "kms_key_arn": KEY,
    "scheduled_input": '{"spot": true, "training_instance_type": "ml.c5.4xlarge"}',
    **GIVEN,
}
READS, WRITES = {"kms:Decrypt"}, {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What synthesis wrote with all of these settings, including cdk-nag's report."""
    folder = tmp_path_factory.mktemp("cdk.out")
    flags = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    app = App(analytics_reporting=False, context={**flags, **SETTINGS}, outdir=str(folder), tree_metadata=False)
    TopxStack(app, Settings.from_context(app.node.try_get_context))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):  # nothing is acknowledged here
        app.synth()
    return folder


@pytest.fixture(scope="module")
def template(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "topx.template.json").read_text())
    return document


@pytest.fixture(scope="module")
def statements(template: dict[str, Any]) -> list[Statement]:
    return statements_of(template)


def role_of(function: str, template: dict[str, Any]) -> str:
    (role,) = (
        resource["Properties"]["Role"]["Fn::GetAtt"][0]
        for resource in of_type(template, "AWS::Lambda::Function").values()
        if resource["Properties"]["Handler"] == f"lambdas.handlers.{function}.handler"
    )
    return str(role)


def key_actions(role: str, statements: list[Statement]) -> set[str]:
    """The role's permissions on the key, and on nothing else."""
    mine = [statement for statement in statements if statement.role == role]
    found = {action for statement in mine for action in statement.actions if action.startswith("kms:")}
    assert all(statement.resources == [KEY] for statement in mine if found & set(statement.actions))
    return found


def test_bucket_and_table_are_under_the_key(template: dict[str, Any]) -> None:
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert rule["BucketKeyEnabled"] is True
    (table,) = of_type(template, "AWS::DynamoDB::Table").values()
    assert table["Properties"]["SSESpecification"] == {"KMSMasterKeyId": KEY, "SSEEnabled": True, "SSEType": "KMS"}
    assert of_type(template, "AWS::KMS::Key") == {}  # it is the customer's


def test_only_the_plan_gets_the_key(template: dict[str, Any]) -> None:
    reported = {
        resource["Properties"]["Handler"]
        for resource in of_type(template, "AWS::Lambda::Function").values()
        if resource["Properties"]["Environment"]["Variables"].get("KMS_KEY_ARN") == KEY
    }
    assert reported == {"lambdas.handlers.plan_run.handler"}


@pytest.mark.parametrize(
    ("function", "actions"),
    [
        ("plan_run", WRITES),
        ("plan_training", READS),
        ("check_quality", READS),
        ("load_part", WRITES),
        ("publish_version", READS),
        ("write_outcome", WRITES),
        ("gather_outcome", WRITES),
        ("register_version", WRITES),
        ("choose_retirement", WRITES),
        ("retire_part", WRITES),
        ("record_retirement", WRITES),
        ("notify_failure", WRITES),  # it publishes to the topic
        ("rollback", READS),
        ("delete_old_runs", READS),
        ("forget_user", WRITES),
    ],
)
def test_a_function_decrypts_what_it_reads_and_encrypts_what_it_writes(
    function: str, actions: set[str], template: dict[str, Any], statements: list[Statement]
) -> None:
    assert key_actions(role_of(function, template), statements) == actions


def test_the_workflow_decrypts_the_manifests_that_it_reads_and_the_run_publishes_too(
    template: dict[str, Any], statements: list[Statement]
) -> None:
    run, after = (template["Resources"][name]["Properties"]["RoleArn"]["Fn::GetAtt"][0] for name in machines(template))
    assert key_actions(run, statements) == WRITES
    assert key_actions(after, statements) == READS


def test_topic_and_logs_are_under_the_key(template: dict[str, Any]) -> None:
    (topic,) = of_type(template, "AWS::SNS::Topic").values()
    assert topic["Properties"]["KmsMasterKeyId"] in (KEY, KEY.rpartition("/")[2])
    groups = of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) > 10
    assert {name for name, group in groups.items() if group["Properties"].get("KmsKeyId") != KEY} == set()


def test_whoever_publishes_to_the_topic_may_use_its_key(template: dict[str, Any], statements: list[Statement]) -> None:
    (topic,) = of_type(template, "AWS::SNS::Topic")
    publishers = {
        statement.role
        for statement in statements
        if "sns:Publish" in statement.actions and f"<{topic}>" in statement.resources
    }
    assert publishers
    assert {role for role in publishers if not key_actions(role, statements) >= WRITES} == set()


def test_the_jobs_may_do_with_key_and_vpc_what_sagemaker_asks_of_their_role(
    template: dict[str, Any], statements: list[Statement]
) -> None:
    """Source: "SageMaker AI roles" in the SageMaker developer guide, CreateTrainingJob and the others.

    kms:GenerateDataKey is S3's ("Using server-side encryption with AWS KMS keys"), kms:DescribeKey EBS's.
    """
    role = template["Outputs"]["JobRoleArn"]["Value"]["Fn::GetAtt"][0]
    assert key_actions(role, statements) == {
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
    }
    network = {
        action: statement.resources
        for statement in statements
        if statement.role == role
        for action in statement.actions
        if action.startswith("ec2:")
    }
    assert set(network) == {
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    }
    interfaces = "arn:aws:ec2:eu-west-1:111122223333:network-interface/*"
    assert set(network["ec2:CreateNetworkInterface"]) == {
        interfaces,
        *(f"arn:aws:ec2:eu-west-1:*:subnet/{name}" for name in NETWORK.subnet_ids),
        *(f"arn:aws:ec2:eu-west-1:*:security-group/{name}" for name in NETWORK.security_group_ids),
    }
    for action, resources in network.items():
        if action.startswith("ec2:Describe"):
            assert resources == ["*"]
        elif action != "ec2:CreateNetworkInterface":
            assert resources == [interfaces]


def test_the_schedule_gives_its_runs_their_input(template: dict[str, Any]) -> None:
    (schedule,) = of_type(template, "AWS::Scheduler::Schedule").values()
    assert json.loads(schedule["Properties"]["Target"]["Input"]) == json.loads(str(SETTINGS["scheduled_input"]))


def test_the_definitions_in_the_template_are_in_the_vpc(template: dict[str, Any]) -> None:
    texts = [template["Resources"][name]["Properties"]["DefinitionString"] for name in machines(template)]
    assert [text.count(NETWORK.security_group_ids[0]) for text in texts] == [7, 1]


def test_what_cdk_nag_finds_beside_the_default_is_acknowledged(folder: Path) -> None:
    expected = {
        (path, rule(finding))
        for table in (ACKNOWLEDGEMENTS, IN_A_VPC, REGISTERING)
        for path, findings in table.items()
        for finding in findings
    }
    assert open_findings(folder / "validation-report.json") == expected
