"""cdk-nag's acknowledged findings: for each resource, each finding with its reason.

A resource is given by its path below the stack. A finding is given by what cdk-nag prints between ``IAM5[Resource::``
and ``]``, or by the rule's name.
"""

from contract.run_layout import job_names
from workflow.after_publishing import AFTER_PUBLISHING
from workflow.stage import (
    AsksAboutRuns,
    Calls,
    CallsOnAnything,
    Deletes,
    DeletesOlder,
    Each,
    Function,
    Job,
    Reads,
    Stage,
    Writes,
)
from workflow.stages import FUNCTIONS, STAGES

BUCKET = "<StorageBucket5CB7C8EA.Arn>"
_SAGEMAKER = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
_STATES = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"
_RUN_MACHINE, _AFTER_MACHINE = "<WorkflowStateMachine8F1B1C15.Name>", "<WorkflowAfterPublishing6BD0142F.Name>"
_RUNS = f"{_STATES}:execution:{_RUN_MACHINE}:*"
_LOGS = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/*"
_NEW = "Its key is made with the run, so that no policy can name it."

_NO_X_RAY = (
    "X-Ray shows calls of milliseconds, these states take minutes: every event is in the state machine's log, and the "
    "console draws the time line from the history."
)

# The settings named in permissions, with the values of test_network_and_key.py.
GIVEN = {"model_package_group": "shop-lists"}

OTHER_RULES = {"S1", "SF2", "SQS3"}


def own(function: Function) -> dict[str, str]:
    """A function's permissions on resources unknown in advance: the reason is in the table of stages."""
    found: dict[str, str] = {}
    for grant in function.may:
        match grant:
            case Reads() | Writes() | Deletes() | DeletesOlder():
                found |= {f"{BUCKET}/{key}{'*' * key.endswith('/')}": f"{grant.why} {_NEW}" for key in grant.keys}
            case Calls():
                service = grant.actions[0].split(":")[0]
                account = f"arn:<AWS::Partition>:{service}:<AWS::Region>:<AWS::AccountId>"
                found |= {f"{account}:{resource.format(**GIVEN)}": grant.why for resource in grant.resources}
            case CallsOnAnything():
                found["*"] = f"{', '.join(grant.actions)}: AWS knows no resource for it."
    return {resource: reason for resource, reason in found.items() if "*" in resource}


def about_runs() -> dict[str, dict[str, str]]:
    """The functions that query runs: they find the runs in plans."""
    return {
        f"Workflow/AskAboutRuns-{name}/Resource": {_RUNS: grant.why}
        for name, function in FUNCTIONS.items()
        for grant in function.may
        if isinstance(grant, AsksAboutRuns)
    }


def of_a_machine(stages: tuple[Stage, ...]) -> dict[str, str]:
    """A state machine's own role: permissions on resources named by each run."""
    manifests = {
        f"{BUCKET}/{stage.does.items}": f"{stage.name} goes through its own run's list: a folder new each run."
        for stage in stages
        if isinstance(stage.does, Each)
    }
    jobs = {
        f"{_SAGEMAKER}:{stage.does.kind}/{job_names(stage.does.base)}*": f"{stage.name}: its name ends with a UUID."
        for stage in stages
        if isinstance(stage.does, Job)
    }
    return {
        **manifests,
        **jobs,
        "*": "The calls by which Step Functions delivers its log to CloudWatch know no resource.",
    }


def of_maps(machine: str) -> dict[str, str]:
    """A state machine's permissions on the executions that its Maps start."""
    return {
        f"{_STATES}:execution:{machine}:*": "A Map follows and stops executions that its own run starts: their names "
        "are made then.",
        f"{_STATES}:execution:{machine}/*:*": "A Map's children have the Map's label in their ARN and a name made when "
        "they start.",
    }


def of_the_notifier(machine: str) -> dict[str, str]:
    """The notifier's permissions on the executions of a state machine."""
    return {
        f"{_STATES}:execution:{machine}:*": "The notifier reads the history of the execution that failed: which one, "
        "the event says.",
        f"{_STATES}:execution:{machine}/*:*": "The notifier reads the history of the failed child of a Map, to name "
        "its part.",
        f"{_STATES}:mapRun:{machine}/*": "The notifier lists the children of the failed Map run, whose id is a UUID.",
    }


ACKNOWLEDGEMENTS: dict[str, dict[str, str]] = {
    "Storage/Bucket/Resource": {
        "S1": "Server access logs are delivered by best effort, into a second bucket that outlives the stack; an "
        "account that wants a record of access has CloudTrail's data events, complete and switched on in one place.",
    },
    "Workflow/StateMachine/Resource": {"SF2": _NO_X_RAY},
    "Workflow/AfterPublishing/Resource": {"SF2": _NO_X_RAY},
    "Weekly/FailedStarts/Resource": {
        "SQS3": "This queue is itself a dead-letter queue, the schedule's; cdk-nag looks only for queues that name it.",
    },
    "Jobs/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/input/interactions/*": "The user's team names its own files, and prepare reads all of them.",
        f"{BUCKET}/input/items/*": "The user's team names its own item files, and prepare reads all of them.",
        f"{BUCKET}/input/users/*": "The user's team names its own user files, and prepare reads all of them.",
        f"{BUCKET}/runs/*": "A job reads its run's plan and writes its summary and parts: its folder is new each week.",
        f"{BUCKET}/scratch/*": "Training data, vectors and models are in a folder that is new with each run.",
        "*": "ecr:GetAuthorizationToken and cloudwatch:PutMetricData know no resource.",
        _LOGS: "SageMaker makes the groups of its jobs, one for each kind of job, and a stream for each job.",
    },
    "Workflow/Access/Role/DefaultPolicy/Resource": of_a_machine(STAGES),
    "Workflow/AfterPublishingAccess/Role/DefaultPolicy/Resource": of_a_machine(AFTER_PUBLISHING),
    "Workflow/Access/DistributedMap/Resource": of_maps(_RUN_MACHINE),
    "Workflow/AfterPublishingAccess/DistributedMap/Resource": of_maps(_AFTER_MACHINE),
    "Monitoring/TellOfRuns/Resource": {**of_the_notifier(_RUN_MACHINE), **of_the_notifier(_AFTER_MACHINE)},
    **{
        f"Functions/{function.pascal_name}/Role/DefaultPolicy/Resource": own(function)
        for function in FUNCTIONS.values()
        if not function.only_with
    },
    **about_runs(),
}

# With subnet_ids and security_group_ids, in addition to the above. Other permissions for a VPC or a key have no
# wildcard.
_EC2 = "arn:<AWS::Partition>:ec2:<AWS::Region>"
IN_A_VPC: dict[str, dict[str, str]] = {
    "Jobs/Role/DefaultPolicy/Resource": {
        f"{_EC2}:<AWS::AccountId>:network-interface/*": "SageMaker makes a network interface for each instance of a "
        "job, and its id then.",
        **{
            f"{_EC2}:*:{name}": "The one that the deployment names; another account may share it, so whose it is stays "
            "open."
            for name in (
                "security-group/sg-0123456789abcdef0",
                "subnet/subnet-0123456789abcdef0",
                "subnet/subnet-0123456789abcdef1",
            )
        },
    },
}

# With model_package_group, in addition to the above.
REGISTERING: dict[str, dict[str, str]] = {
    f"Functions/{function.pascal_name}/Role/DefaultPolicy/Resource": own(function)
    for function in FUNCTIONS.values()
    if function.only_with
}
