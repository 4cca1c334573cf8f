"""Permissions that nothing on this machine uses, with the AWS documentation that requires them.

By role, statement and a pattern of its actions and resources, named as in docs/iam.md. Every other permission is needed
by a recorded call (tests/end_to_end/recorded_access.py).
"""

from workflow.stage import Reads
from workflow.stages import FUNCTIONS

_FUNCTION_LOG = 'Lambda developer guide, "Defining Lambda function permissions with an execution role": CloudWatch Logs'
_JOBS = 'SageMaker developer guide, "How to use SageMaker AI execution roles", minimum permissions of CreateTrainingJob'
_MISSING = 'S3 API reference, GetObject, "Permissions": without s3:ListBucket a missing key is answered by 403, not 404'

_STATE_MACHINES = {
    "WriteLog": '"Using CloudWatch Logs to log execution history"',
    "HearOfJobsEnds": '"Create and manage Amazon SageMaker AI jobs with Step Functions": without them a deployment '
    "ends with: not authorized to create managed-rule",
    "FollowChildren": '"IAM policies for using Distributed Map states"',
}

# Those that read possibly missing objects, or list them: recorded calls need it.
_FINDERS = (
    "plan_run",
    "plan_training",
    "load_part",
    "publish_version",
    "write_outcome",
    "choose_retirement",
    "record_retirement",
    "forget_user",
)
# Their calls are recorded by another test: forgetting a user (tests/end_to_end/test_forgetting.py).
ELSEWHERE = "FunctionsForgetUserRole"
_READERS = [
    function.pascal_name
    for name, function in FUNCTIONS.items()
    if name not in _FINDERS and not function.only_with and any(isinstance(grant, Reads) for grant in function.may)
]

DOCUMENTED: dict[tuple[str, str, str], str] = {
    **{(f"Functions{one.pascal_name}Role", "KeepLog", "*"): _FUNCTION_LOG for one in FUNCTIONS.values()},
    **{(f"Functions{name}Role", "SeeThatAnObjectIsMissing", "*"): _MISSING for name in _READERS},
    ("FunctionsPlanRunRole", "ReadQuotas", "*"): (
        'Service authorization reference, "Actions defined by Service Quotas"; the embedded AWS has no such service'
    ),
    ("JobsRole", "SignInToRegistries", "*"): _JOBS,
    ("JobsRole", "PullImages", "*"): _JOBS,
    ("JobsRole", "KeepLogs", "logs:DescribeLogStreams"): _JOBS,
    ("JobsRole", "PublishMetrics", "*"): _JOBS,
    **{
        (role, statement, "*"): f"Step Functions developer guide, {page}"
        for role in ("WorkflowAccessRole", "WorkflowAfterPublishingAccessRole")
        for statement, page in _STATE_MACHINES.items()
    },
    ("FunctionsNotifyFailureRole", "FindFailedPart", "*:stateMachine:*"): (
        'Service authorization reference, "Actions defined by AWS Step Functions": ListExecutions needs both resources'
    ),
    # Used only if a deployment sets keep_runs_days.
    **{
        ("FunctionsDeleteOldRunsRole", statement, "*"): source
        for statement, source in (
            ("SeeThatAnObjectIsMissing", 'S3 API reference, ListObjectsV2, "Permissions"'),
            ("ReadVersions", "DynamoDB API reference, Query"),
            ("DeleteRuns", 'S3 API reference, DeleteObjects, "Permissions"'),
        )
    },
    (ELSEWHERE, "DeleteOlderVersions", "*"): (
        'S3 API reference, DeleteObjects, "Permissions": s3:DeleteObjectVersion for a version'
    ),
}
