"""A whole run in this process, state by state by the deployed definition: Lambdas, and the jobs' own entry points.

The objects between two states are in the double's bucket, where they can be inspected and damaged.
"""

import importlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError

from contract.refusal import REFUSALS
from faults import definition, job_tree
from faults.definition import Context, State
from faults.network import Network
from local_aws import door
from local_aws.door import ObjectStore, S3Uri, pack, unpack
from workflow.stages import START_AFTER_PUBLISHING

# "Plan the run" gets it from the deployment and puts it into the plan.
PREPARE_IMAGE = "prepare:1"
_FOLDERS = {
    PREPARE_IMAGE: "containers/prepare",
    "${ExtractImageUri}": "containers/extract",
    "${FactorizationMachinesImageUri}": door.FACTORIZATION_MACHINES,
    "${NearestNeighboursImageUri}": door.NEAREST_NEIGHBOURS,
}
_MOST_PAYLOAD = 1 << 20
# These read AWS's own records of the run, or delete what does not exist here.
_PASSED_BY = ("Delete k-NN model", "Gather times and costs", "Draw outcome page")


class RunEnded(Exception):
    """The run fails here."""

    def __init__(self, state: str, error: str, cause: str) -> None:
        super().__init__(state, error, cause)  # all arguments, so that it can be pickled
        self.state, self.error, self.cause = state, error, cause

    def __str__(self) -> str:
        return f"{self.state}: {self.error}: {self.cause}"

    @property
    def refused(self) -> bool:
        """Whether it is a refusal, not a failure."""
        names = [refusal.__name__ for refusal in REFUSALS]
        return self.error in names or any(self.cause.startswith(f"{name}: ") for name in names)


@dataclass
class Run:
    """An execution and the one that it starts, as if they were one.

    ``data`` is its state's input; ``before`` is called with each state before it begins.
    """

    network: Network
    name: str
    started: str
    data: Any = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    log: str = ""
    model: str = ""
    at: str = ""  # the current state, or the one that failed

    @property
    def arn(self) -> str:
        return f"arn:aws:states:eu-west-1:000000000000:execution:topx:{self.name}"

    @property
    def store(self) -> ObjectStore:
        return ObjectStore(boto3.client("s3"))

    def walk(self, first: str, last: str | None = None) -> None:
        """Run from state ``first`` to the end, or up to and including ``last``.

        Raises:
            RunEnded: if a state fails.
        """
        name: str | None = first
        self.at = first
        states = definition.states()
        while name:
            self.before(name)
            state = states[name]
            if state["Type"] == "Fail":
                cause = definition.value_of(state["CausePath"], self.data, {}) if "CausePath" in state else ""
                raise RunEnded(name, state["Error"], cause)
            if state["Type"] == "Choice":
                self.at = name = definition.chosen(state, self.data)
                continue
            if state["Type"] == "Succeed":
                return
            if name == START_AFTER_PUBLISHING:
                self.data = definition.given(state["Parameters"], self.data, self._context())["Input"]
                self.at = name = definition.first_after_publishing()
                continue
            self._do(name, state)
            name = None if name == last else state.get("Next")
            self.at = name or self.at

    def _do(self, name: str, state: State) -> None:
        if state["Type"] == "Map":
            self._map(name, state)
        else:
            result = self._task(name, state, self.data)
            self.data = definition.after(state, self.data, result, self._context())

    def _map(self, name: str, state: State) -> None:
        (inner,) = state["ItemProcessor"]["States"].values()
        try:
            items = self.items(state)
        except (ValueError, LookupError, TypeError) as error:  # with the error name of Step Functions
            raise RunEnded(name, "States.ItemReaderFailed", str(error)) from error
        for given in items:
            self._task(name, inner, given)

    def items(self, state: State) -> list[Any]:
        """The inputs of a map's children."""
        where = definition.given(state["ItemReader"]["Parameters"], self.data, {})
        try:
            read = json.loads(self.store.read(os.environ["BUCKET"], where["Key"]))
        except ValueError as error:
            raise ValueError(f"{where['Key']} is no JSON: {error}") from error
        except ClientError as error:  # with the error name of the embedded AWS
            raise ValueError(f"{error} (Bucket: {os.environ['BUCKET']}, Key: {where['Key']})") from error
        contexts = [{**self._context(), "Map": {"Item": {"Value": item}}} for item in read]
        return [definition.given(state["ItemSelector"], self.data, context) for context in contexts]

    def pass_by(self) -> Any:
        """The output of a state that does nothing here."""
        return {"ProcessingJobStatus": "Completed"}

    def call(self, name: str, state: State, function: str, payload: Any) -> Any:
        """Invoke a state's Lambda; returns its result."""
        del name, state  # used by subclasses that retry as the state says
        return importlib.import_module(f"lambdas.handlers.{function}").handler(payload, None)

    def _context(self) -> Context:
        return {"Execution": {"Id": self.arn, "StartTime": self.started}}

    def _task(self, name: str, state: State, data: Any) -> Any:
        if name in _PASSED_BY:
            return self.pass_by()
        try:
            if function := definition.function_of(state):
                payload = definition.given(state["Parameters"], data, self._context())["Payload"]
                return {"Payload": json.loads(json.dumps(self.call(name, state, function, payload)))}
            request = definition.given(state["Parameters"], data, self._context())
            job = str(state["Resource"]).rsplit(":", 1)[1].removesuffix(".sync")
            return {
                "createProcessingJob": self._processing,
                "createTrainingJob": self._training,
                "createModel": self._create_model,
                "createTransformJob": self._transform,
            }[job](request)
        except RunEnded:
            raise
        except JobFailed as failed:
            raise RunEnded(name, "States.TaskFailed", str(failed)) from failed
        except Exception as error:
            raise RunEnded(name, type(error).__name__, str(error)) from error

    def _processing(self, request: dict[str, Any]) -> dict[str, str]:
        application = request["AppSpecification"]
        with job_tree.tree() as root:
            for entry in request["ProcessingInputs"]:
                source = entry["S3Input"]
                self.store.download(S3Uri.parse(source["S3Uri"]), job_tree.inside(root, source["LocalPath"]))
            outputs = [entry["S3Output"] for entry in request["ProcessingOutputConfig"]["Outputs"]]
            for output in outputs:
                job_tree.inside(root, output["LocalPath"]).mkdir(parents=True, exist_ok=True)
            arguments = application.get("ContainerArguments", [])
            code, _ = job_tree.called(_FOLDERS[application["ImageUri"]], arguments, request.get("Environment", {}))
            if code:
                message = root / "output" / "message"
                raise JobFailed(message.read_text(encoding="utf-8") if message.exists() else f"exit code {code}")
            for output in outputs:
                self.store.upload(job_tree.inside(root, output["LocalPath"]), S3Uri.parse(output["S3Uri"]))
        return {"ProcessingJobStatus": "Completed"}

    def _training(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["TrainingJobName"]
        with job_tree.tree() as root:
            for channel in request["InputDataConfig"]:
                source = S3Uri.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
                self.store.download(source, root / "input" / "data" / channel["ChannelName"])
            job_tree.write_configuration(root, request)
            code, log = job_tree.called(_FOLDERS[request["AlgorithmSpecification"]["TrainingImage"]], ["train"], {})
            if code:
                raise JobFailed((root / "output" / "failure").read_text(encoding="utf-8"))
            self.log = log
            target = S3Uri.parse(request["OutputDataConfig"]["S3OutputPath"])
            artifact = S3Uri(target.bucket, target.under(f"{name}/output/model.tar.gz"))
            pack(root / "model", root / "model.tar.gz")
            self.store.upload_file(root / "model.tar.gz", artifact)
        return {
            "TrainingJobName": name,
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": str(artifact)},
        }

    def _create_model(self, request: dict[str, Any]) -> dict[str, str]:
        self.model = request["PrimaryContainer"]["ModelDataUrl"]
        return {"ModelArn": f"arn:aws:sagemaker:eu-west-1:000000000000:model/{request['ModelName']}"}

    def _transform(self, request: dict[str, Any]) -> dict[str, str]:
        # The stand-in's own serving code, called without a socket.
        given, output = request["TransformInput"], request["TransformOutput"]
        source = S3Uri.parse(given["DataSource"]["S3DataSource"]["S3Uri"])
        target = S3Uri.parse(output["S3OutputPath"])
        with job_tree.tree() as root:
            self.store.download(S3Uri.parse(self.model), root / "artifact")
            unpack(root / "artifact" / "model.tar.gz", root / "model")
            for key in self.store.keys(source):
                try:
                    answers = door.answers_of_nearest_neighbours(
                        root / "model",
                        self.store.read(source.bucket, key),
                        split=given["SplitType"],
                        most_bytes=_MOST_PAYLOAD,
                        content_type=given["ContentType"],
                        accept=output["Accept"],
                    )
                except Exception as error:  # with the message of the transform job
                    raise JobFailed(f"{key}: {error}") from error
                out = target.under(f"{key.removeprefix(source.key).lstrip('/')}.out")
                boto3.client("s3").put_object(Bucket=target.bucket, Key=out, Body=b"".join(answers))
        return {"TransformJobStatus": "Completed"}


class JobFailed(Exception):
    """A job's container failed with this message."""


def listen(network: Network, run: Callable[[], Run]) -> None:
    """Answer the Lambdas' calls to CloudWatch, SageMaker and Step Functions about the current run."""
    network.answers |= {
        "DescribeLogStreams": lambda asked: {
            "logStreams": [{"logStreamName": f"{asked['logStreamNamePrefix']}algo-1-0", "creationTime": 0}]
        },
        "GetLogEvents": lambda asked: {
            "events": [
                {"timestamp": 0, "message": line} for line in run().log.splitlines() if "nextToken" not in asked
            ],
            "nextForwardToken": "f/1",
        },
        "ListModels": lambda _: {"Models": []},
        "DescribeExecution": lambda asked: {
            "executionArn": asked["executionArn"],
            "stateMachineArn": "arn",
            "status": "RUNNING",
            "startDate": 0,
        },
    }
