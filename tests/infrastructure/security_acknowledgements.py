"""What cdk-nag finds and stays as it is: for each resource, each finding with its one reason.

A resource is named by its path below the stack. Of a finding, what stands here is what cdk-nag puts between
``IAM5[Resource::`` and ``]``, or the rule's name.
"""

BUCKET = "<StorageBucket5CB7C8EA.Arn>"
_SAGEMAKER = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
_STATES = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"
_MACHINE = "<WorkflowStateMachine8F1B1C15.Name>"
_RUNS = f"{_STATES}:execution:{_MACHINE}:*"
_CHILDREN = f"{_STATES}:execution:{_MACHINE}/*:*"
_LOGS = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/*"
_TRAINING_LOGS = _LOGS.replace("/*", "/TrainingJobs")

OTHER_RULES = {"S1", "SF2", "SQS3"}

ACKNOWLEDGEMENTS: dict[str, dict[str, str]] = {
    "Storage/Bucket/Resource": {
        "S1": "Server access logs are delivered by best effort, into a second bucket that outlives the stack; an "
        "account that wants a record of access has CloudTrail's data events, complete and switched on in one place.",
    },
    "Workflow/StateMachine/Resource": {
        "SF2": "X-Ray shows calls of milliseconds, these states take minutes: every event is in the state machine's "
        "log, and the console draws the time line from the history.",
    },
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
    "Workflow/Access/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/parts.json": "The Map that loads reads its own run's manifest: a folder new each run.",
        f"{BUCKET}/runs/*/retirement.json": "The Map that retires reads its own run's list: a folder new each run.",
        f"{_SAGEMAKER}:processing-job/pr-*": "A prepare job's name ends with its run and a UUID: none is used twice.",
        f"{_SAGEMAKER}:processing-job/ex-*": "An extract job's name ends with its run and a UUID: none is used twice.",
        f"{_SAGEMAKER}:processing-job/rx-*": "The second extract job's name ends likewise: none is used twice.",
        f"{_SAGEMAKER}:processing-job/oc-*": "The name of a job that draws ends with its run and a UUID, used once.",
        f"{_SAGEMAKER}:training-job/fm-*": "An FM training's name ends with its run and a UUID: none is used twice.",
        f"{_SAGEMAKER}:training-job/rf-*": "The second FM training's name ends likewise: none is used twice.",
        f"{_SAGEMAKER}:training-job/nn-*": "A k-NN training's name ends with its run and a UUID: none is used twice.",
        f"{_SAGEMAKER}:transform-job/tr-*": "A transform's name ends with its run and a UUID: none is used twice.",
        f"{_SAGEMAKER}:model/nn-*": "The model that a run makes and deletes is named by its run and a UUID.",
        "*": "The calls by which Step Functions delivers its log to CloudWatch know no resource.",
    },
    "Workflow/Access/DistributedMap/Resource": {
        _RUNS: "A Map follows and stops executions that its own run starts: their names are made then.",
        _CHILDREN: "A Map's children have the Map's label in their ARN and a name made when they start.",
    },
    "Workflow/FollowRuns-plan_run/Resource": {
        _RUNS: "The sweep asks of earlier runs, whose names it finds in their plans, whether they are over.",
    },
    "Workflow/FollowRuns-choose_retirement/Resource": {
        _RUNS: "The choice asks of earlier runs, whose names it finds in their plans, whether they are over.",
    },
    "Workflow/ReadHistory/Resource": {
        _RUNS: "The history of the run that calls it, whose execution it finds in the plan.",
    },
    "Monitoring/TellOfRuns/Resource": {
        _RUNS: "The notifier reads the history of the execution that failed: which one, the event says.",
        _CHILDREN: "The notifier reads the history of the failed child of a Map, to name its part.",
        f"{_STATES}:mapRun:{_MACHINE}/*": "The notifier lists the children of the failed Map run, whose id is a UUID.",
    },
    "Functions/PlanRun/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "It writes its own run's plan and reads earlier runs', each in its own folder.",
        f"{BUCKET}/runs/*/summary.json": "How far the published version's data goes: which version, the pointer says.",
        f"{BUCKET}/swept/*": "A mark for each earlier run whose models are gone, named by the run.",
        f"{_SAGEMAKER}:model/nn-*": "The models that aborted runs left are named by those runs and a UUID.",
        "*": "sagemaker:ListModels knows no resource.",
    },
    "Functions/PlanTraining/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "The plan of the run that calls it, in a folder new with each run.",
        f"{BUCKET}/runs/*/summary.json": "Prepare's summary of the run that calls it, in a folder new with each run.",
    },
    "Functions/ReadTrainingLog/Role/DefaultPolicy/Resource": {
        f"{_TRAINING_LOGS}:*": "The stream of its run's training is looked for by the beginning of its name.",
        f"{_TRAINING_LOGS}:log-stream:fm-*": "The streams of FM trainings: a job's name ends with its run and a UUID.",
        f"{_TRAINING_LOGS}:log-stream:rf-*": "The streams of second FM trainings, whose names end likewise.",
        f"{BUCKET}/runs/*/evaluation/training.json": "The losses of the run that calls it: a folder new with each run.",
        f"{BUCKET}/runs/*/evaluation/refit_training.json": "Those of its second training, in the same folder.",
    },
    "Functions/CheckQuality/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "The plan, with the gate, of the run that calls it: a folder new with each run.",
        f"{BUCKET}/runs/*/evaluation/metrics.json": "The metrics of the run that calls it: a folder new with each run.",
    },
    "Functions/LoadPart/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "The plan of the run whose part it loads, in a folder new with each run.",
        f"{BUCKET}/runs/*/item_ids.jsonl.gz": "The catalogue of the run whose part it loads: a folder new each run.",
        f"{BUCKET}/runs/*/parts/*": "The users of the part that it is given; a run has as many as its data needs.",
        f"{BUCKET}/scratch/*/neighbours/*": "The transform's output for its part; a run has as many as it has parts.",
        f"{BUCKET}/scratch/*/vectors/proofs/*": "The vectors of its part and of the items, which prove its lists.",
        f"{BUCKET}/runs/*/loaded/*": "The receipt of its part; a run has as many as it has parts.",
        f"{BUCKET}/runs/*/recommendations/*": "The lists of its part, for other tools; a run has as many as parts.",
    },
    "Functions/PublishVersion/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "The plan of the run that is published, in a folder new with each run.",
        f"{BUCKET}/runs/*/summary.json": "The summary of the run that is published, in a folder new with each run.",
        f"{BUCKET}/runs/*/parts.json": "The manifest of the run that is published, in a folder new with each run.",
        f"{BUCKET}/runs/*/evaluation/metrics.json": "The metrics that the version's record quotes: a run's own folder.",
        f"{BUCKET}/runs/*/default_lists.json": "The lists for unknown users that it publishes: its own run's.",
        f"{BUCKET}/runs/*/loaded/*": "Every part's receipt of the run; a run has as many as it has parts.",
        f"{BUCKET}/runs/*/recommendations/*": "A random sample of parts is read back and held beside the table.",
        f"{BUCKET}/runs/*/outcome.json": "The outcome of the run that is published, in a folder new with each run.",
    },
    "Functions/GatherOutcome/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "The plan, with the execution, of the run that calls it: a folder new each run.",
        f"{BUCKET}/runs/*/outcome/facts.json": "What the run that calls it took, in a folder new with each run.",
        f"{BUCKET}/runs/*/outcome.json": "The warnings of the run that calls it, in a folder new with each run.",
    },
    "Functions/ChooseRetirement/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/plan.json": "How many versions to keep is in its run's plan; who is over, in earlier runs'.",
        f"{BUCKET}/runs/*/parts.json": "The manifests of the versions to retire, each in its own run's folder.",
        f"{BUCKET}/runs/*/retirement.json": "The list that it writes for its own run, in a folder new with each run.",
    },
    "Functions/RetirePart/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/parts/*": "The users of the part whose lists it deletes: any part of any retiring run.",
        f"{BUCKET}/runs/*/recommendations/*": "The same users, where the part's own file is lost: any retiring run's.",
        f"{BUCKET}/runs/*/untidied/*": "What of a part could not be deleted: any part of any retiring run.",
    },
    "Functions/RecordRetirement/Role/DefaultPolicy/Resource": {
        f"{BUCKET}/runs/*/retirement.json": "The list of what its own run has retired, in a folder new with each run.",
        f"{BUCKET}/runs/*/default_lists.json": "The lists for unknown users of each version that retires.",
        f"{BUCKET}/runs/*/untidied/*": "What of its parts could not be deleted, of each version that retires.",
        f"{BUCKET}/runs/*/outcome.json": "The warnings of the run that calls it, in a folder new with each run.",
    },
}

# With subnet_ids and security_group_ids, beside the above. The rest of what a VPC or a key adds has no wildcard.
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
