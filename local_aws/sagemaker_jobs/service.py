"""SageMaker's actions, as Step Functions calls them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Any

from local_aws.engine_home import EngineHome
from local_aws.request_validation import validate
from local_aws.sagemaker_jobs import object_files, object_store
from local_aws.sagemaker_jobs.container_catalogue import Catalogue
from local_aws.sagemaker_jobs.endings import (
    NOT_A_REQUEST,
    REFUSED_SDK_CALL,
    Ending,
    JobFailed,
    RequestInvalid,
    Watch,
    validation_exception,
)
from local_aws.sagemaker_jobs.job import PROCESSING, TRAINING, TRANSFORM, Job, JobKind
from local_aws.sagemaker_jobs.job_lifecycle import run_to_its_end
from local_aws.sagemaker_jobs.job_register import JobRegister
from local_aws.sagemaker_jobs.log_delivery import LogDelivery
from local_aws.sagemaker_jobs.model_registry import ModelRegistry
from local_aws.sagemaker_jobs.models import Models
from local_aws.sagemaker_jobs.object_store import ObjectStore, S3Uri, nothing_found
from local_aws.sagemaker_jobs.process_starter import ProcessStarter
from local_aws.sagemaker_jobs.processing_job import run_processing
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials, RoleNotTaken, TakeRole
from local_aws.sagemaker_jobs.training_job import run_training
from local_aws.sagemaker_jobs.transform_job import run_transform
from local_aws.service_model import output_fields, sagemaker_model


@dataclass(frozen=True)
class Caller:
    """Who calls an action: account and region, and whether it should continue."""

    account: str
    region: str
    watch: Watch

    @property
    def arn_prefix(self) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account}"

    def model_arn(self, name: str) -> str:
        """A model's ARN, in lower case as in SageMaker."""
        return f"{self.arn_prefix}:model/{name.lower()}"


class LocalSageMaker:
    """SageMaker of one engine: validates requests, runs jobs to their end, stores models."""

    def __init__(
        self,
        home: EngineHome,
        catalogue: Catalogue,
        endpoint: str,
        take_role: TakeRole,
        files_of: object_files.FilesOf = object_files.none,
    ) -> None:
        """
        Args:
            home: the folder of jobs and models.
            catalogue: the process for each image.
            endpoint: URL of the S3 that jobs read and write.
            take_role: returns the credentials with which a job's data is transferred.
            files_of: the files of S3's objects, if the endpoint is in this process.
        """
        self._home = home
        self._catalogue = catalogue
        self._endpoint = endpoint
        self._take_role = take_role
        self._files_of = files_of
        self._start = ProcessStarter(home)
        self.models = Models(home.models)
        self.registry = ModelRegistry(home.model_packages)
        self.jobs = JobRegister(home.jobs)
        self._closing = False
        self._running = 0
        self._change = Condition()
        self._actions: dict[str, Callable[[Mapping[str, Any], Caller], dict[str, Any]]] = {
            "createTrainingJob.sync": self._train,
            "createProcessingJob.sync": self._process,
            "createTransformJob.sync": self._transform,
            "createModel": self._create_model,
        }
        self._sdk_actions: dict[str, Callable[[Mapping[str, Any], Caller], dict[str, Any]]] = {
            "deleteModel": self._delete_model,
        }

    def call(self, action: str, request: Mapping[str, Any], caller: Caller, *, sdk: bool = False) -> dict[str, Any]:
        """Run an action to its end.

        Args:
            action: as in a state's Resource: ``createTrainingJob.sync``, ``createModel``, …
            request: the state's resolved parameters.
            caller: who calls it.
            sdk: whether the Resource is an ``aws-sdk`` integration.

        Raises:
            RequestInvalid: if the request is rejected.
            JobEndedBadly: if the job was not successful.
        """
        known = self._sdk_actions if sdk else self._actions
        if action not in known:
            raise RequestInvalid(
                NOT_A_REQUEST, f"sagemaker:{action} is not offered on this machine; {', '.join(sorted(known))} are"
            )
        return known[action](request, caller)

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of a job or a model by its ARN; None if there is none."""
        record = self.models.find(arn) if ":model/" in arn else self.jobs.find(arn)
        return None if record is None else {tag["Key"]: tag["Value"] for tag in record.get("Tags", [])}

    def warm_up(self, region: str) -> None:
        """Load what the first request would otherwise wait for."""
        sagemaker_model()
        nobody = RoleCredentials("nobody", "none", None)
        object_store.connect(self._endpoint, region, nobody)
        LogDelivery(self._endpoint, region, nobody)

    def close(self) -> None:
        """Stop every running job and accept no more; returns when their processes have ended."""
        with self._change:
            self._closing = True
            self._change.wait_for(lambda: self._running == 0)

    def _train(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        validate("CreateTrainingJob", request)
        self._check_image(request["AlgorithmSpecification"]["TrainingImage"])
        role = self._take(request["RoleArn"])
        store = self._store(role, caller)
        for channel in request.get("InputDataConfig", []):
            _check_prefix(store, channel["DataSource"]["S3DataSource"]["S3Uri"])
        return self._run(
            TRAINING,
            request,
            caller,
            role,
            lambda job, watch: run_training(job, store, self._catalogue, self._start, watch),
        )

    def _process(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        validate("CreateProcessingJob", request)
        self._check_image(request["AppSpecification"]["ImageUri"])
        role = self._take(request["RoleArn"])
        store = self._store(role, caller)
        return self._run(
            PROCESSING,
            request,
            caller,
            role,
            lambda job, watch: run_processing(job, store, self._catalogue, self._start, watch),
        )

    def _transform(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        validate("CreateTransformJob", request)
        model = self.models.describe(request["ModelName"], _model_arn(caller, request))
        role = self._take(model["ExecutionRoleArn"])
        store = self._store(role, caller)
        _check_prefix(store, request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        return self._run(
            TRANSFORM,
            request,
            caller,
            role,
            lambda job, watch: run_transform(job, store, self._catalogue, self._start, watch, model=model),
        )

    def _create_model(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        validate("CreateModel", request)
        container = request["PrimaryContainer"]
        self._check_image(container["Image"])
        data = S3Uri.parse(container["ModelDataUrl"])
        if data.key not in _listed(self._store(self._take(request["ExecutionRoleArn"]), caller), data):
            raise validation_exception(f"Could not find model data at {data}.")
        arn = _model_arn(caller, request)
        self.models.create(request, arn)
        return {"ModelArn": arn}

    def _delete_model(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        validate("DeleteModel", request, refusal=REFUSED_SDK_CALL)
        self.models.delete(request["ModelName"], _model_arn(caller, request), refusal=REFUSED_SDK_CALL)
        return {}

    def _run(
        self,
        kind: JobKind,
        request: Mapping[str, Any],
        caller: Caller,
        role: RoleCredentials,
        body: Callable[[Job, Watch], dict[str, Any]],
    ) -> dict[str, Any]:
        """Start a job and run it to its end; its log is delivered before its end is reported."""
        name = request[kind.name_field]

        def watch() -> Ending | None:
            if self._closing:
                return Ending.ENGINE_STOPPING
            return Ending.STOP_REQUESTED if self.jobs.is_to_be_stopped(name) else caller.watch()

        with self._counted():
            job = Job.begin(self._home, kind, request, caller.arn_prefix, output_fields(f"Describe{kind.label}Job"))
            with self.jobs.running(name):
                try:
                    return run_to_its_end(job, lambda: body(job, watch))
                finally:
                    if not self._closing:  # an engine that is stopping accepts no calls
                        LogDelivery(self._endpoint, caller.region, role).deliver(job)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Makes ``close`` wait for the end of this context."""
        with self._change:
            if self._closing:
                raise RequestInvalid(NOT_A_REQUEST, "the engine is being stopped and starts no job")
            self._running += 1
        try:
            yield
        finally:
            with self._change:
                self._running -= 1
                self._change.notify_all()

    def _check_image(self, image: str) -> None:
        if not self._catalogue.knows(image):
            raise validation_exception(f"Cannot find the requested image {image}.")

    def _take(self, role: str) -> RoleCredentials:
        """The credentials for the calls of a job with this role."""
        try:
            return self._take_role(role)
        except RoleNotTaken as refusal:
            raise validation_exception(
                f"Could not assume role {role}. Please ensure that the role exists and allows principal "
                f"'sagemaker.amazonaws.com' to assume the role: {refusal}"
            ) from refusal

    def _store(self, role: RoleCredentials, caller: Caller) -> ObjectStore:
        """S3 with the job role's permissions."""
        return ObjectStore(object_store.connect(self._endpoint, caller.region, role), self._files_of(role))


def _model_arn(caller: Caller, request: Mapping[str, Any]) -> str:
    return caller.model_arn(request["ModelName"])


def _check_prefix(store: ObjectStore, uri: str) -> None:
    """Reject an empty prefix: training and transform check it with the request, processing when the job runs."""
    parsed = S3Uri.parse(uri)
    if not _listed(store, parsed):
        raise validation_exception(nothing_found(parsed))


def _listed(store: ObjectStore, uri: S3Uri) -> list[str]:
    """The keys that begin with the URI's, for checks before the job exists."""
    try:
        return store.keys(uri)
    except JobFailed as denied:
        raise validation_exception(str(denied)) from denied
