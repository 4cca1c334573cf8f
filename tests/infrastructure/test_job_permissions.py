"""The permissions of the jobs' role: transfer their own data, be run by SageMaker, and nothing else."""

import pytest

from tests.infrastructure.role_statements import Statement
from workflow.stage import Job
from workflow.stages import EVERY_STAGE


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ("s3:GetObject", "input/interactions/2026/a.csv.gz"),
        ("s3:GetObject", "input/items/films.csv"),
        ("s3:GetObject", "input/users/people.csv"),
        ("s3:GetObject", "runs/20261123t030000120-a9711f/plan.json"),
        ("s3:GetObject", "runs/20261123t030000120-a9711f/summary.json"),
        ("s3:GetObject", "scratch/20261123t030000120-a9711f/prepared/train/part-00000.pbr"),
        ("s3:PutObject", "scratch/20261123t030000120-a9711f/neighbours/part-00000.pbr.out"),
        ("s3:PutObject", "runs/20261123t030000120-a9711f/evaluation/report.html"),
    ],
)
def test_a_job_moves_its_data(action: str, key: str, statements: list[Statement], job_role: str) -> None:
    own = [statement for statement in statements if statement.role == job_role]
    assert any(statement.allows(action, f"<StorageBucket5CB7C8EA>/{key}") for statement in own)


def test_the_jobs_move_all_that_their_stages_read_and_write(statements: list[Statement], job_role: str) -> None:
    own = [statement for statement in statements if statement.role == job_role]
    for stage in EVERY_STAGE:
        if isinstance(stage.does, Job):
            moved = [("s3:GetObject", key) for key in stage.does.reads]
            for action, key in [*moved, *(("s3:PutObject", key) for key in stage.does.writes)]:
                object_there = f"{key}object" if key.endswith("/") else key
                assert any(one.allows(action, f"<StorageBucket5CB7C8EA>/{object_there}") for one in own), stage.name


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", "<StorageBucket5CB7C8EA>/input/interactions/a.csv"),
        ("s3:PutObject", "<StorageBucket5CB7C8EA>/input/dataset.json"),
        ("s3:DeleteObject", "<StorageBucket5CB7C8EA>/runs/a/plan.json"),
        ("s3:GetObject", "arn:aws:s3:::another-bucket/input/interactions/a.csv"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:log-stream:y"),
    ],
)
def test_a_job_does_nothing_else(action: str, resource: str, statements: list[Statement], job_role: str) -> None:
    assert not any(statement.allows(action, resource) for statement in statements if statement.role == job_role)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:438346466558:repository/knn"),
        ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:438346466558:repository/factorization-machines"),
        ("logs:CreateLogGroup", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/ProcessingJobs"),
        (
            "logs:PutLogEvents",
            "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TrainingJobs:log-stream:fm-1/algo-1",
        ),
        ("logs:DescribeLogStreams", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/TransformJobs"),
        ("cloudwatch:PutMetricData", "*"),
    ],
)
def test_a_job_has_what_no_emulator_asks_for(
    action: str, resource: str, statements: list[Statement], job_role: str
) -> None:
    """Source: "SageMaker AI roles", execution role permissions, SageMaker developer guide."""
    assert any(statement.allows(action, resource) for statement in statements if statement.role == job_role)


def test_a_job_pulls_both_of_our_images(statements: list[Statement], job_role: str) -> None:
    (pulling,) = (s for s in statements if s.role == job_role and s.reason == "PullImages")
    ours = "arn:aws:ecr:eu-west-1:111122223333:repository/cdk-hnb659fds-container-assets-111122223333-eu-west-1"
    assert ours in pulling.resources
    assert set(pulling.actions) == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    }
