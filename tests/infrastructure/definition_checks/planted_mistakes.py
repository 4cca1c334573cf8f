"""Mistakes to plant in the definition, each with the first check that finds it."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.network import Network
from tests.infrastructure.definition_checks.edits import States, drop, put, rename, swap
from workflow.failed_job_stages import AGAIN


@dataclass(frozen=True)
class Mistake:
    """A change of the definition's states, and the first check that finds it."""

    name: str
    found_by: str
    says: str
    plant: Callable[[States], object]


_ARN = "arn:${Partition}:states:::"
FM = "Train factorization machines"
MISTAKES = (
    Mistake(
        "a Next to no state",
        "graph",
        "Chek quality, which is no state",
        put("Extract vectors", "Next", value="Chek quality"),
    ),
    Mistake(
        "a state that is jumped over",
        "graph",
        "nothing leads to Publish",
        put("Load recommendations", "Next", value="Start after publishing"),
    ),
    Mistake(
        "a way round in a circle",
        "graph",
        "no way to an end",
        put("Extract vectors", "Next", value="Plan training"),
    ),
    Mistake("a state without a way on", "statelint", "Next", drop("Plan training", "Next")),
    Mistake("a misspelt field", "statelint", "TimeoutSecond", put("Publish version", "TimeoutSecond", value=60)),
    Mistake(
        "a parameter of another name",
        "integrations",
        "no TrainingJobNam",
        rename(FM, "TrainingJobName.$", "TrainingJobNam.$"),
    ),
    Mistake(
        "a nested parameter of another name",
        "integrations",
        "AppSpecification has no ImageUrl",
        put("Prepare training data", "Parameters", "AppSpecification", value={"ImageUrl": "any"}),
    ),
    Mistake(
        "an action that does not exist",
        "integrations",
        "is no integration",
        put(FM, "Resource", value=f"{_ARN}sagemaker:trainModel.sync"),
    ),
    Mistake(
        "an action that needs the SDK's integration",
        "integrations",
        "is no integration",
        put("Delete k-NN model", "Resource", value=f"{_ARN}sagemaker:deleteModel"),
    ),
    Mistake(
        "a job that nobody waits for",
        "integrations",
        "does not wait",
        put("Find neighbours", "Resource", value=f"{_ARN}sagemaker:createTransformJob"),
    ),
    Mistake(
        "waiting for what ends at once",
        "integrations",
        "is no integration",
        put("Create k-NN model", "Resource", value=f"{_ARN}sagemaker:createModel.sync"),
    ),
    Mistake(
        "an item reader of an unknown kind",
        "integrations",
        "must be CSV",
        put("Load recommendations", "ItemReader", "ReaderConfig", "InputType", value="YAML"),
    ),
    Mistake(
        "an item reader that reads nothing",
        "integrations",
        "reads no items",
        put("Load recommendations", "ItemReader", "Resource", value=f"{_ARN}s3:putObject"),
    ),
    Mistake(
        "a placeholder that nothing fills in",
        "placeholders",
        "${ImageUri} is not filled in",
        put("Extract vectors", "Parameters", "AppSpecification", "ImageUri", value="${ImageUri}"),
    ),
    Mistake(
        "a function called twice",
        "placeholders",
        "is called by 2 states",
        put("Record retirement", "Parameters", "FunctionName", value="${ChooseRetirementFunctionArn}"),
    ),
    Mistake(
        "two functions in each other's place",
        "rehearsal",
        "check_quality reads ['run_id', 'statuses']",
        swap("Check quality", "Plan training"),
    ),
    Mistake(
        "another function that is given the same event",
        "rehearsal",
        "there is no hyperparameters",
        put(
            "Plan training",
            "Parameters",
            "FunctionName",
            value="arn:aws:lambda:eu-west-1:111122223333:function:choose_retirement",
        ),
    ),
    Mistake(
        "a path to nothing",
        "rehearsal",
        "there is no predictor",
        put(FM, "Parameters", "HyperParameters.$", value="$.plan.predictor"),
    ),
    Mistake(
        "a path that a later state writes",
        "rehearsal",
        "there is no knn",
        put(
            "Extract vectors",
            "Parameters",
            "ProcessingInputs",
            value=[{"InputName": "model", "S3Input": {"S3Uri.$": "$.knn.artifact"}}],
        ),
    ),
    Mistake(
        "a path that only one way writes",
        "rehearsal",
        "there is no knn",
        put("Good enough?", "Default", value="Publish version"),
    ),
    Mistake(
        "a field that the job's description lacks",
        "rehearsal",
        "there is no ModelArtifact",
        put(FM, "ResultSelector", "artifact.$", value="$.ModelArtifact.S3ModelArtifacts"),
    ),
    Mistake(
        "a cause from nowhere",
        "rehearsal",
        "there is no reason",
        put("Quality too low", "CausePath", value="$.quality.reason"),
    ),
    Mistake(
        "a result over the plan", "rehearsal", "overwrites $.plan", put("Plan training", "ResultPath", value="$.plan")
    ),
    Mistake(
        "a result over another that nobody reads again",
        "rehearsal",
        "overwrites $.prepared",
        put("Extract vectors", "ResultPath", value="$.prepared"),
    ),
    Mistake(
        "a VPC where none can be",
        "rehearsal",
        'Unknown parameter in input: "VpcConfig"',
        put("Find neighbours", "Parameters", "VpcConfig", value=Network(("subnet-0a",), ("sg-0a",)).vpc_config),
    ),
    Mistake(
        "a VPC without security groups",
        "rehearsal",
        'Missing required parameter in NetworkConfig.VpcConfig: "SecurityGroupIds"',
        put("Extract vectors", "Parameters", "NetworkConfig", "VpcConfig", value={"Subnets": ["subnet-0a"]}),
    ),
    Mistake(
        "spot for a job that waits without end",
        "rehearsal",
        "MaxWaitTimeInSeconds must be given with EnableManagedSpotTraining",
        put(FM, "Parameters", "EnableManagedSpotTraining", value=True),
    ),
    Mistake("a missing ResultPath", "rehearsal", "there is no quality", drop("Check quality", "ResultPath")),
    Mistake(
        "a choice by a text that is a flag",
        "rehearsal",
        "never holds",
        lambda states: states["Good enough?"]["Choices"][0].update(
            StringEquals=states["Good enough?"]["Choices"][0].pop("BooleanEquals") and "true"
        ),
    ),
    Mistake(
        "another algorithm's hyperparameters",
        "rehearsal",
        "is not a hyperparameter",
        put(FM, "Parameters", "HyperParameters.$", value="$.training.knn_hyperparameters"),
    ),
    Mistake(
        "a hyperparameter out of range",
        "rehearsal",
        "must be at least",
        put(
            FM,
            "Parameters",
            "HyperParameters",
            value={"feature_dim": "0", "num_factors": "64", "predictor_type": "regressor"},
        ),
    ),
    Mistake(
        "another job's fragment",
        "rehearsal",
        "ClusterConfig",
        put(FM, "Parameters", "ResourceConfig.$", value="$.plan.prepare.resources"),
    ),
    Mistake(
        "a name that SageMaker refuses",
        "rehearsal",
        "does not match",
        put(
            "Create k-NN model",
            "Parameters",
            "ModelName.$",
            value="States.Format('{}_{}', $.plan.knn.base, States.UUID())",
        ),
    ),
    Mistake(
        "a payload larger than the transform takes",
        "rehearsal",
        "InvocationsTimeoutInSeconds",
        put("Find neighbours", "Parameters", "ModelClientConfig", "InvocationsTimeoutInSeconds", value=7200),
    ),
    Mistake(
        "another object's items",
        "rehearsal",
        "nothing writes",
        put("Load recommendations", "ItemReader", "Parameters", "Key.$", value="$.plan.extract.plan"),
    ),
    Mistake(
        "items without what the child needs",
        "rehearsal",
        "retire_part reads",
        drop("Retire old versions", "ItemSelector", "version.$"),
    ),
    Mistake("a choice without a Default", "reliability", "has no Default", drop("Anything to retire?", "Default")),
    Mistake("a task without an end", "reliability", "has no TimeoutSeconds", drop("Publish version", "TimeoutSeconds")),
    Mistake("a task that is never repeated", "reliability", "has no Retry", drop("Create k-NN model", "Retry")),
    Mistake(
        "an error that does not exist",
        "reliability",
        "never ends with",
        put("Delete k-NN model", "Retry", value=[{"ErrorEquals": ["States.TaskFail"]}]),
    ),
    Mistake(
        "another service's error",
        "reliability",
        "never ends with",
        put("Check quality", "Retry", value=[{"ErrorEquals": ["SageMaker.ResourceLimitExceededException"]}]),
    ),
    Mistake(
        "a retrier that is never asked",
        "reliability",
        "behind States.TaskFailed",
        lambda states: states["Delete k-NN model"]["Retry"].append({"ErrorEquals": ["States.Permissions"]}),
    ),
    Mistake(
        "a timeout that is repeated",
        "reliability",
        "repeats States.Timeout",
        put(FM, "Retry", value=[{"ErrorEquals": ["States.Timeout"]}]),
    ),
    Mistake(
        "a failure under another name",
        "reliability",
        "no refusal of topx",
        put("Quality too low", "Error", value="QualityTooLow"),
    ),
    Mistake(
        "a catch that hides a failure",
        "reliability",
        "catches",
        put("Publish version", "Catch", value=[{"ErrorEquals": ["States.ALL"], "Next": "Served"}]),
    ),
    Mistake(
        "a run that publishes and fails",
        "reliability",
        "Start after publishing may fail a run that has published",
        lambda states: states["Start after publishing"]["Catch"].pop(),
    ),
    Mistake(
        "a message that fails a run after publishing",
        "reliability",
        "Notify about failed start may fail a run that has published",
        drop("Notify about failed start", "Catch"),
    ),
    Mistake(
        "work behind publishing that can fail",
        "reliability",
        "Check quality may fail a run that has published",
        put("Publish version", "Next", value="Check quality"),
    ),
    Mistake(
        "something that is not handed on",
        "rehearsal",
        "Delete k-NN model: $.model.name leads nowhere",
        drop("Start after publishing", "Parameters", "Input", "model.$"),
    ),
    Mistake(
        "another service than the table's",
        "stages",
        "it does not call sns:publish",
        put("Notify about failed start", "Resource", value=f"{_ARN}states:startExecution"),
    ),
    Mistake(
        "cleanup that ends the run when it fails",
        "reliability",
        "Delete k-NN model catches",
        lambda states: states["Delete k-NN model"]["Catch"][0].update(Next="Tidied up"),
    ),
    Mistake(
        "a job's catch that hides a failure",
        "reliability",
        "must catch States.TaskFailed",
        put(FM, "Catch", value=[{"ErrorEquals": ["States.ALL"], "Next": "Served"}]),
    ),
    Mistake(
        "a job that a lack of instances ends",
        "reliability",
        "must catch States.TaskFailed",
        drop("Train k-NN", "Catch"),
    ),
    Mistake(
        "a job that is known as another",
        "reliability",
        "Extract vectors is known as rx",
        lambda states: states["Extract vectors"]["Catch"][0].update(ResultPath="$.failed.rx"),
    ),
    Mistake(
        "a way back to another job",
        "reliability",
        "Create k-NN model is known as md",
        lambda states: next(c for c in states[AGAIN]["Choices"] if c["Next"] == "Create k-NN model").update(
            Next="Train k-NN"
        ),
    ),
    Mistake(
        "a failure without a place",
        "rehearsal",
        "overwrites $.failed.fm",
        drop("Plan the run", "ResultSelector", "failed"),
    ),
    Mistake(
        "a wait of a text",
        "rehearsal",
        "no number of seconds",
        put("Wait for SageMaker", "SecondsPath", value="$.failed.since"),
    ),
    Mistake(
        "a Map that loses parts",
        "reliability",
        "tolerates failures",
        put("Load recommendations", "ToleratedFailureCount", value=5),
    ),
    Mistake(
        "a state that the table of stages lacks",
        "stages",
        "Plan it all is not in workflow/stages.py",
        lambda states: states.update({"Plan it all": states.pop("Plan training")}),
    ),
    Mistake(
        "a stage that the definition lacks",
        "stages",
        "Write outcome is in workflow/stages.py alone",
        lambda states: states.pop("Write outcome"),
    ),
    Mistake(
        "states in another order",
        "stages",
        "in another order",
        lambda states: states.update({"Plan the run": states.pop("Plan the run")}),
    ),
    Mistake(
        "a timeout that is not above the function's",
        "stages",
        "Publish version: its TimeoutSeconds are to be 600",
        put("Publish version", "TimeoutSeconds", value=300),
    ),
    Mistake(
        "another state's function",
        "stages",
        "Check quality: it calls ${PlanTrainingFunctionArn}",
        swap("Check quality", "Plan training"),
    ),
    Mistake(
        "another kind of job",
        "stages",
        "it is no training-job",
        put(FM, "Resource", value=f"{_ARN}sagemaker:createProcessingJob.sync"),
    ),
    Mistake(
        "a Map of something else",
        "stages",
        "does not do Retire one part",
        put("Retire old versions", "ItemProcessor", "States", value={}),
    ),
    Mistake(
        "work that the table knows nothing of",
        "stages",
        "it is a Task",
        put("Dry run?", "Type", value="Task"),
    ),
)
