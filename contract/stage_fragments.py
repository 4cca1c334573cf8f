"""The fragments of SageMaker requests that plan.json has by stage, named as in SageMaker's API reference."""

from typing import NotRequired, TypedDict


class S3Place(TypedDict):
    """The location of a channel's or a transform's objects."""

    S3DataType: str
    S3Uri: str
    S3DataDistributionType: NotRequired[str]  # for channels only


class DataSource(TypedDict):
    """In CreateTrainingJob and CreateTransformJob."""

    S3DataSource: S3Place


class Channel(TypedDict):
    """An element of CreateTrainingJob's InputDataConfig."""

    ChannelName: str
    DataSource: DataSource
    ContentType: str
    CompressionType: str


class S3Input(TypedDict):
    """A prefix or an object, and its path in the container."""

    S3Uri: str
    LocalPath: str
    S3DataType: str
    S3InputMode: str


class ProcessingInput(TypedDict):
    """An element of CreateProcessingJob's ProcessingInputs."""

    InputName: str
    S3Input: S3Input


class S3Output(TypedDict):
    """A prefix, and the container path that is uploaded there."""

    S3Uri: str
    LocalPath: str
    S3UploadMode: str


class ProcessingOutput(TypedDict):
    """An output of a processing job."""

    OutputName: str
    S3Output: S3Output


class UnderKey(TypedDict, total=False):
    """An output's key, if the deployment has one."""

    KmsKeyId: str


class ProcessingOutputs(UnderKey):
    """CreateProcessingJob's ProcessingOutputConfig."""

    Outputs: list[ProcessingOutput]


class OutputData(UnderKey):
    """CreateTrainingJob's OutputDataConfig."""

    S3OutputPath: str


class Machines(TypedDict):
    """CreateTransformJob's TransformResources."""

    InstanceType: str
    InstanceCount: int
    VolumeKmsKeyId: NotRequired[str]  # if there is a key, and volumes that can be encrypted with it


class Resources(Machines):
    """CreateTrainingJob's ResourceConfig."""

    VolumeSizeInGB: int


class ProcessingResources(TypedDict):
    """CreateProcessingJob's ProcessingResources."""

    ClusterConfig: Resources


class Stopping(TypedDict):
    """StoppingCondition."""

    MaxRuntimeInSeconds: int
    MaxWaitTimeInSeconds: NotRequired[int]  # for training on spot capacity


class TransformInput(TypedDict):
    """CreateTransformJob's TransformInput."""

    DataSource: DataSource
    ContentType: str
    CompressionType: str
    SplitType: str


class TransformOutput(UnderKey):
    """CreateTransformJob's TransformOutput."""

    S3OutputPath: str
    Accept: str
    AssembleWith: str


class Named(TypedDict):
    """The prefix of the names of a stage's jobs (contract.run_layout.job_base)."""

    base: str


class Processing(Named):
    """A processing job whose inputs are known when the run is planned."""

    inputs: list[ProcessingInput]
    outputs: ProcessingOutputs
    resources: ProcessingResources
    stopping: Stopping


class Prepare(Processing):
    """Of "Prepare training data": the URI of its image, and whether its containers have no network."""

    image: str
    isolated: bool


class Training(Named):
    """A training job; ``channels`` are here unless they depend on the size of the data."""

    channels: NotRequired[list[Channel]]
    output: OutputData
    resources: Resources
    spot: bool
    stopping: Stopping


class Extraction(Named):
    """ "Extract vectors"; the fields from ``index`` to ``evaluation`` are URIs of its inputs."""

    index: str
    plan: str
    summary: str
    champion: str
    evaluation: str
    outputs: ProcessingOutputs
    resources: ProcessingResources
    stopping: Stopping


class Transform(Named):
    """ "Find neighbours"."""

    input: TransformInput
    output: TransformOutput
    resources: Machines


class Stages(TypedDict):
    """By stage."""

    prepare: Prepare
    fm: Training
    extract: Extraction
    refit: Named
    refit_extract: Named
    knn: Training
    transform: Transform
    outcome: Processing
