"""Permissions that nothing on this machine asks for, and whose word it is that AWS does.

By role, statement and a pattern of its actions and resources, as docs/iam.md names them. Every other permission is
needed by a recorded call (tests/end_to_end/recorded_access.py).
"""

_FUNCTION_LOG = 'Lambda developer guide, "Defining Lambda function permissions with an execution role": CloudWatch Logs'
_JOBS = 'SageMaker developer guide, "How to use SageMaker AI execution roles", minimum permissions of CreateTrainingJob'
_MISSING = 'S3 API reference, GetObject, "Permissions": without s3:ListBucket a missing key is answered by 403, not 404'

_FUNCTIONS = (
    "PlanRun",
    "PlanTraining",
    "ReadTrainingLog",
    "CheckQuality",
    "LoadPart",
    "PublishVersion",
    "GatherOutcome",
    "ChooseRetirement",
    "RetirePart",
    "RecordRetirement",
    "LookAtFailedJob",
    "Rollback",
    "NotifyFailure",
)
# Those that read documents and list nothing.
_READERS = ("CheckQuality", "GatherOutcome", "RetirePart")

DOCUMENTED: dict[tuple[str, str, str], str] = {
    **{(f"Functions{name}Role", "KeepLog", "*"): _FUNCTION_LOG for name in _FUNCTIONS},
    **{(f"Functions{name}Role", "TellMissingFromForbidden", "*"): _MISSING for name in _READERS},
    ("JobsRole", "SignInToRegistries", "*"): _JOBS,
    ("JobsRole", "PullImages", "*"): _JOBS,
    ("JobsRole", "KeepLogs", "logs:DescribeLogStreams"): _JOBS,
    ("JobsRole", "PublishMetrics", "*"): _JOBS,
    ("WorkflowAccessRole", "WriteLog", "*"): (
        'Step Functions developer guide, "Using CloudWatch Logs to log execution history"'
    ),
    ("WorkflowAccessRole", "HearOfJobsEnds", "*"): (
        'Step Functions developer guide, "Create and manage Amazon SageMaker AI jobs with Step Functions": without '
        "them a deployment ends with: not authorized to create managed-rule"
    ),
    ("WorkflowAccessRole", "FollowChildren", "*"): (
        'Step Functions developer guide, "IAM policies for using Distributed Map states"'
    ),
    ("FunctionsNotifyFailureRole", "FindFailedPart", "*:stateMachine:*"): (
        'Service authorization reference, "Actions defined by AWS Step Functions": ListExecutions needs both resources'
    ),
}
