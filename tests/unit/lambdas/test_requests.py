"""Every SageMaker request that the definition makes of a plan is one that SageMaker takes."""

from typing import Any

import pytest
import yaml

from contract import run_layout
from contract.run_layout import RunLayout
from lambdas import job_volumes, run_stages, training_plan
from tests.unit.lambdas import sagemaker_requests
from tests.unit.lambdas.runs import SUMMARY, changed, plan, run_id

SMALLEST = {
    "top_x": 1,
    "factors": 1,
    "epochs": 1,
    "popularity": 0,
    "gate": 0,
    "index_type": "faiss.IVFFlat",
    "prepare_instance_type": "ml.t3.medium",
    "extract_instance_type": "ml.t3.medium",
    "training_instance_type": "ml.m5.large",
    "index_instance_type": "ml.m5.large",
    "transform_instance_type": "ml.m5.large",
}
LARGEST = {
    "top_x": 500,
    "factors": 1000,
    "epochs": 1000,
    "popularity": 1,
    "gate": 100,
    "hyperparameters": {"factors_init_method": "uniform", "factors_init_scale": 0.1, "clip_gradient": 5, "eps": 1e-8},
    "training_instance_count": 20,
    "transform_instance_count": 20,
    "prepare_instance_type": "ml.r8i.96xlarge",
    "training_instance_type": "ml.p5.48xlarge",
    "index_instance_type": "ml.p5.48xlarge",
    "transform_instance_type": "ml.p3.16xlarge",
}
# A bucket's name has 63 characters at most.
BUCKETS = {"smallest": "abc", "default": "topx-data", "largest": "b" * 63}
REQUESTS: dict[str, dict[str, Any]] = {"smallest": SMALLEST, "default": {}, "largest": LARGEST}
INPUTS = {"smallest": [{"key": "a.csv", "size": 1}], "default": [], "largest": [{"key": "a.gz", "size": 10**13}]}
SUMMARIES = {
    "smallest": changed(SUMMARY, items=2, seen_p95=1, test={"examples": 0, "files": 0}),
    "default": SUMMARY,
    "largest": changed(SUMMARY, items=2**24, seen_p95=10**6, training={"pairs": 1, "examples": 10**9, "files": 64}),
}
STATES = sagemaker_requests.states_with_requests()


def context(size: str) -> dict[str, Any]:
    """The execution's state as its Lambdas leave it, for a smallest, a default and a largest run."""
    layout = RunLayout(BUCKETS[size], run_id(23))
    request = plan(23, **REQUESTS[size])["request"]
    volumes = job_volumes.estimate(INPUTS[size], request["feedback"], request["factors"])
    stages = run_stages.stages(layout, request, volumes, with_items=size == "largest")
    summary = SUMMARIES[size]
    return {
        "plan": {"run_id": layout.run_id, "network": {"EnableNetworkIsolation": True}, **stages},
        "training": {
            "hyperparameters": training_plan.hyperparameters(request, summary),
            "channels": training_plan.channels(layout, request, summary),
            "knn_hyperparameters": training_plan.knn_hyperparameters(request, summary),
        },
        "fm": {"artifact": f"{layout.uri(layout.fm_output)}job/output/model.tar.gz"},
        "knn": {"artifact": f"{layout.uri(layout.knn_output)}job/output/model.tar.gz"},
        "model": {"name": f"{stages['knn']['base']}-7a1c8a52-5b0b-4f2e-9d68-3c0f2b3d4e5f"},
    }


def test_the_definition_calls_every_kind_of_job() -> None:
    assert sorted(STATES.values()) == [
        "CreateModel",
        "CreateProcessingJob",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateTrainingJob",
        "CreateTransformJob",
        "DeleteModel",
    ]


@pytest.mark.parametrize("size", REQUESTS)
@pytest.mark.parametrize("state", STATES)
def test_a_request_is_what_the_service_model_allows(state: str, size: str) -> None:
    request = sagemaker_requests.rendered(state, context(size))
    assert sagemaker_requests.faults(STATES[state], request) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ProcessingResources.ClusterConfig.InstanceType", "ml.c5.huge"),
        ("ProcessingResources.ClusterConfig.VolumeSizeInGB", 16_385),
        ("ProcessingResources.ClusterConfig.Volume", 30),
        ("StoppingCondition.MaxRuntimeInSeconds", 777_601),
        ("ProcessingJobName", "a_b"),
        ("ProcessingJobName", "a" * 64),
        ("ProcessingInputs", "s3://"),
    ],
)
def test_the_check_of_requests_sees_what_is_wrong(path: str, value: object) -> None:
    request = sagemaker_requests.rendered("Prepare training data", context("default"))
    *folders, name = path.split(".")
    place = request
    for folder in folders:
        place = place[folder]
    place[name] = value
    assert sagemaker_requests.faults("CreateProcessingJob", request)


@pytest.mark.parametrize("size", REQUESTS)
def test_containers_find_and_leave_files_where_the_contract_says(size: str) -> None:
    for state in ("Prepare training data", "Extract vectors"):
        request = sagemaker_requests.rendered(state, context(size))
        for entry in request["ProcessingInputs"]:
            assert entry["S3Input"]["LocalPath"] == run_layout.input_folder(entry["InputName"])
        for entry in request["ProcessingOutputConfig"]["Outputs"]:
            assert entry["S3Output"]["LocalPath"] == run_layout.output_folder(entry["OutputName"])
        names = [entry["InputName"] for entry in request["ProcessingInputs"]]
        assert len(set(names)) == len(names) <= 10


def test_what_one_job_writes_is_what_the_next_one_reads() -> None:
    requests = {state: sagemaker_requests.rendered(state, context("default")) for state in STATES}
    written = {
        entry["S3Output"]["S3Uri"]
        for state in ("Prepare training data", "Extract vectors")
        for entry in requests[state]["ProcessingOutputConfig"]["Outputs"]
    }
    channels = requests["Train factorization machines"]["InputDataConfig"] + requests["Train k-NN"]["InputDataConfig"]
    read = [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in channels]
    read += [entry["S3Input"]["S3Uri"] for entry in requests["Extract vectors"]["ProcessingInputs"][1:]]
    read.append(requests["Find neighbours"]["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    orphans = [uri for uri in read if not uri.startswith(tuple(f"{folder}/" for folder in written))]
    assert orphans == []
    layout = RunLayout(BUCKETS["default"], run_id(23))
    wanted = [layout.train, layout.test, layout.item_vectors, layout.index, layout.plan, layout.summary]
    assert read == [layout.uri(key) for key in (*wanted, layout.user_vectors)]
    assert not [uri for uri in written if uri.endswith("/")]
    assert [uri for uri in read if not uri.endswith(("/", ".json"))] == []


@pytest.mark.parametrize("size", REQUESTS)
def test_neighbours_are_asked_of_whole_records_as_json_lines(size: str) -> None:
    request = sagemaker_requests.rendered("Find neighbours", context(size))
    assert request["TransformInput"]["SplitType"] == "RecordIO"
    assert request["BatchStrategy"] == "MultiRecord"
    assert request["TransformOutput"]["Accept"] == "application/jsonlines; verbose=true"
    assert request["TransformOutput"]["AssembleWith"] == "Line"
    assert request["TransformOutput"]["S3OutputPath"].endswith(f"scratch/{run_id(23)}/neighbours")


def test_jobs_end_by_their_own_limit_before_the_state_gives_up() -> None:
    states = yaml.safe_load(sagemaker_requests.DEFINITION.read_text())["States"]
    limited = [state for state in STATES if "StoppingCondition.$" in states[state]["Parameters"]]
    assert len(limited) == 4
    for state in limited:
        request = sagemaker_requests.rendered(state, context("default"))
        assert request["StoppingCondition"]["MaxRuntimeInSeconds"] < states[state]["TimeoutSeconds"]


def test_volumes_grow_with_the_data_and_end_at_the_largest_there_is() -> None:
    small = job_volumes.estimate([{"key": "a.csv", "size": 1000}], "implicit", 64)
    assert {small.prepare, small.training, small.extract, small.index} == {job_volumes.BASE_GB + 1}
    text = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "implicit", 64)
    # 10**9 bytes of 16-byte rows, 20 examples of 80 bytes each.
    assert text.training == job_volumes.BASE_GB + 100
    packed = job_volumes.estimate([{"key": "a.csv.gz", "size": 10**9}], "implicit", 64)
    assert packed.training == job_volumes.BASE_GB + 600
    explicit = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "explicit", 64)
    assert explicit.training == job_volumes.BASE_GB + 5
    huge = job_volumes.estimate([{"key": "a.csv", "size": 10**15}], "implicit", 1000)
    assert huge.prepare == huge.index == job_volumes.MOST_GB
