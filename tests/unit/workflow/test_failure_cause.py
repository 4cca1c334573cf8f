"""Causes as AWS and the embedded AWS report them."""

import json

import pytest

from workflow.failure_cause import MOST_CHARACTERS, error_name, sentence

SDK = (
    "The account-level service limit 'ml.c5.xlarge for training job usage' is 0 Instances (Service: AmazonSageMaker; "
    "Status Code: 400; Error Code: ResourceLimitExceeded; Request ID: 6b2b; Proxy: null)"
)
LIMIT = "The account-level service limit 'ml.c5.xlarge for training job usage' is 0 Instances"


@pytest.mark.parametrize(
    ("error", "cause", "name", "reported"),
    [
        # AWS passes the exception's class on, the embedded AWS does not.
        (
            "InputRefused",
            {"errorMessage": "InputRefused: no data", "errorType": "InputRefused", "stackTrace": ["  File"]},
            "InputRefused",
            "no data",
        ),
        (
            "Runtime.HandlerError",
            {"errorMessage": "InputRefused: no data", "errorType": "Runtime.HandlerError"},
            "InputRefused",
            "no data",
        ),
        (
            "WritingStalled",
            {"errorMessage": "table took nothing", "errorType": "WritingStalled"},
            "WritingStalled",
            "table took nothing",
        ),
        (
            "Sandbox.Timedout",
            {
                "errorType": "Sandbox.Timedout",
                "errorMessage": "RequestId: 1 Error: Task timed out after 900.00 seconds",
            },
            "Sandbox.Timedout",
            "RequestId: 1 Error: Task timed out after 900.00 seconds",
        ),
        (
            "States.TaskFailed",
            {"TrainingJobName": "fm-1", "TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: NaN loss"},
            "AlgorithmError",
            "NaN loss",
        ),
        (
            "States.TaskFailed",
            {
                "ProcessingJobName": "ex-1",
                "ExitMessage": "ArtifactError: model.tar.gz holds no model_algo-1",
                "FailureReason": "AlgorithmError: See job logs for more information, exit code: 1",
            },
            "ArtifactError",
            "model.tar.gz holds no model_algo-1",
        ),
        (
            "States.TaskFailed",
            {"TransformJobName": "tr-1", "TransformJobStatus": "Stopped"},
            "States.TaskFailed",
            "the transform job tr-1 ended Stopped without a reason",
        ),
        (
            "States.TaskFailed",
            {"ProcessingJobName": "pr-1", "ProcessingJobStatus": "Failed", "ExitMessage": "KeyError:\n  'user'"},
            "States.TaskFailed",
            "KeyError: 'user'",
        ),
        ("SageMaker.ResourceLimitExceededException", SDK, "SageMaker.ResourceLimitExceededException", LIMIT),
        ("QualityRefused", "NDCG@10 0.1 is below 0.2", "QualityRefused", "NDCG@10 0.1 is below 0.2"),
        ("States.Timeout", "", "States.Timeout", ""),
        ("Unheard.Of", "", "Unheard.Of", "Unheard.Of"),
    ],
)
def test_a_cause_has_a_name_and_a_sentence(error: str, cause: object, name: str, reported: str) -> None:
    text = cause if isinstance(cause, str) else json.dumps(cause)
    assert error_name(error, text) == name
    assert sentence(error, text) == reported


def test_a_describe_document_that_was_cut_off_still_tells_its_reason() -> None:
    whole = json.dumps({"TrainingJobName": "fm-1", "FailureReason": 'ClientError: "train" is empty', "Log": "x" * 99})
    cut = whole[:-50]
    assert sentence("States.TaskFailed", cut) == '"train" is empty'
    assert error_name("States.TaskFailed", cut) == "ClientError"


def test_a_cause_is_one_line_of_limited_length() -> None:
    reported = sentence("E", "many words\nin lines " * 1_000)
    assert "\n" not in reported
    assert len(reported) == MOST_CHARACTERS + 1
