"""Every SageMaker request that the definition makes from a plan is valid for SageMaker."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containers.extract.passes import Pass
from contract import list_scores, run_layout, run_plan, run_request
from contract.run_layout import RunLayout
from contract.side_table import Feature
from lambdas.planning import job_volumes
from local_aws.door import sagemaker_faults
from tests.unit.lambdas import planned, sagemaker_requests
from tests.unit.lambdas.conftest import CODE
from tests.unit.lambdas.planned import BUCKETS, KEY, REQUESTS
from tests.unit.lambdas.runs import SUMMARY, changed, run_id
from tests.unit.lambdas.whole_requests import STATES, after_jobs, requests_of
from workflow import instance_types


def context(size: str) -> dict[str, Any]:
    """The execution's state as its Lambdas and jobs leave it, for a smallest, a default and a largest run."""
    return after_jobs(planned.of_size(size), BUCKETS[size])


def test_the_definition_calls_every_kind_of_job() -> None:
    assert sorted(STATES.values()) == [
        "CreateModel",
        "CreateProcessingJob",
        "CreateProcessingJob",
        "CreateProcessingJob",
        "CreateProcessingJob",
        "CreateTrainingJob",
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


_TYPES = {field: st.sampled_from(sorted(types)) for field, types in instance_types.by_field().items()}
_RATES = st.floats(0, 10).map(lambda rate: {"factors_lr": rate, "linear_wd": rate})
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "top_x": st.integers(1, 500),
    "factors": st.integers(1, 1000),
    "epochs": st.none() | st.integers(1, 1000),
    "feedback": st.sampled_from(run_request.FEEDBACK),
    "hyperparameters": _RATES,
    "popularity": st.none() | st.floats(0, 1),
    "history_rank": st.none() | st.integers(0, run_request.MOST_HISTORY_RANK),
    "history_weight": st.none() | st.floats(0, 1),
    "scores": st.sampled_from(list_scores.FORMS),
    "index_type": st.sampled_from(run_request.INDEX_TYPES),
    "exclude_seen": st.booleans() | st.builds(lambda days: {"days": days}, st.integers(1, 36_500)),
    "rules": st.just({}) | st.just({"exclude": ["a", 7], "only": None, "exclude_seen": False}),
    "gate": st.just("off")
    | st.floats(0, 100)
    | st.fixed_dictionaries({}, optional={"baseline": st.floats(0, 100), "champion": st.floats(0, 100)}),
    "refit": st.booleans(),
    "force": st.booleans(),
    "newest_within_days": st.none() | st.integers(1, 36_500),
    "dry_run": st.booleans(),
    "prepare_engine": st.none() | st.sampled_from(run_request.ENGINES),
    "prepare_instance_count": st.integers(1, 20),
    "seed": st.integers(0, 2**31 - 1),
    "training_instance_count": st.integers(1, 20),
    "transform_instance_count": st.integers(1, 20),
    "spot": st.booleans(),
    **_TYPES,
}


def test_the_property_below_chooses_every_field_of_the_input() -> None:
    assert set(_FIELDS) == {field.name for field in run_request.FIELDS}


@given(
    request=st.fixed_dictionaries({}, optional=_FIELDS),
    size=st.integers(0, 10**15),
    gz=st.booleans(),
    items=st.integers(2, 2**24),
    seen=st.integers(),
    key=st.none() | st.just(KEY),
)
@settings(max_examples=60, deadline=None)
def test_any_legal_input_makes_requests_that_the_service_model_allows(
    request: dict[str, Any], size: int, gz: bool, items: int, seen: int, key: str | None
) -> None:
    # So few examples that no legal number of epochs and factors trains too long, not even on spare capacity.
    examples = 10_000
    summary = changed(
        SUMMARY,
        items=items,
        servable=items,
        feature_dim=items + 6,
        seen_p95=abs(seen),
        training={"pairs": 1, "examples": examples, "files": 64},
        test={"examples": items % 2, "files": items % 2},
        refit={"pairs": 1, "examples": examples, "files": 64},
    )
    objects = [{"key": "a.csv.gz" if gz else "a.csv", "size": size}]
    answers = planned.answers(request, objects, summary, described=gz, key=key)
    for state, operation in STATES.items():
        rendered = sagemaker_requests.rendered(state, after_jobs(answers, "topx-data"))
        assert sagemaker_requests.faults(operation, rendered) == []
        assert sagemaker_faults(operation, rendered) == []


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


PROCESSING = ("Prepare training data", "Extract vectors", "Extract to publish", "Draw outcome page")


@pytest.mark.parametrize("size", REQUESTS)
def test_containers_find_and_leave_files_where_the_contract_says(size: str) -> None:
    for state in PROCESSING:
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
        for state in PROCESSING
        for entry in requests[state]["ProcessingOutputConfig"]["Outputs"]
    }
    channels = [channel for state in TRAININGS for channel in requests[state]["InputDataConfig"]]
    read = [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in channels]
    for state in ("Extract vectors", "Extract to publish"):
        read += [entry["S3Input"]["S3Uri"] for entry in requests[state]["ProcessingInputs"][1:]]
    read.append(requests["Find neighbours"]["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    orphans = [uri for uri in read if not uri.startswith(tuple(f"{folder}/" for folder in written))]
    assert orphans == []
    layout = RunLayout(BUCKETS["default"], run_id(23))
    extract = [layout.index, layout.plan, layout.summary, layout.evaluation]  # where the training's losses are, first
    wanted = [layout.train, layout.test, layout.refit, layout.item_vectors]
    wanted += [*extract, layout.plan]  # which stands in for a champion's lists
    wanted += extract
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


TRAININGS = ("Train factorization machines", "Train on everything", "Train k-NN")


def test_the_second_training_and_extraction_are_the_first_ones_but_for_what_they_read_and_are_called() -> None:
    requests = requests_of()

    def differing(one: str, other: str) -> set[str]:
        first, second = requests[one], requests[other]
        assert first.keys() == second.keys()
        return {name for name in first if first[name] != second[name]}

    assert differing("Train factorization machines", "Train on everything") == {"TrainingJobName", "InputDataConfig"}
    assert differing("Extract vectors", "Extract to publish") == {
        "ProcessingJobName",
        "Environment",
        "ProcessingInputs",
    }
    passes = [requests[state]["Environment"] for state in ("Extract vectors", "Extract to publish")]
    assert [Pass.of(environment) for environment in passes] == [Pass.EVALUATE, Pass.PUBLISH]


def test_spot_reaches_both_trainings_which_then_have_an_hour() -> None:
    asked, plain = requests_of(spot=True), requests_of()
    for state in TRAININGS:
        assert (asked[state]["EnableManagedSpotTraining"], plain[state]["EnableManagedSpotTraining"]) == (True, False)
        assert asked[state]["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600}
        assert list(plain[state]["StoppingCondition"]) == ["MaxRuntimeInSeconds"]


def test_only_trainings_know_spot() -> None:
    asked, plain = requests_of(spot=True), requests_of()
    for state, operation in STATES.items():
        known = "EnableManagedSpotTraining" in sagemaker_requests.MODEL.operation_model(operation).input_shape.members
        assert known is (state in TRAININGS)
        if not known:
            names = [name for name in asked[state] if name.endswith("Name")]
            assert [asked[state][name] for name in asked[state] if name not in names] == [
                plain[state][name] for name in plain[state] if name not in names
            ]


def test_every_job_is_isolated_from_the_network() -> None:
    for state, request in requests_of().items():
        if STATES[state] in {"CreateProcessingJob"}:
            assert request["NetworkConfig"] == {"EnableNetworkIsolation": True}
        elif STATES[state] in {"CreateTrainingJob", "CreateModel"}:
            assert request["EnableNetworkIsolation"] is True


def test_spark_has_an_image_of_its_own_and_instances_that_talk_to_each_other() -> None:
    spark = {"prepare_engine": "spark", "prepare_instance_count": 7}
    asked, plain = (requests_of(**given)["Prepare training data"] for given in (spark, {}))
    assert asked["AppSpecification"] == {"ImageUri": CODE["images"]["prepare_on_spark"]}
    assert plain["AppSpecification"] == {"ImageUri": CODE["images"]["prepare"]}
    assert asked["NetworkConfig"] == {"EnableNetworkIsolation": False}
    counts = [each["ProcessingResources"]["ClusterConfig"]["InstanceCount"] for each in (asked, plain)]
    assert counts == [7, 1]
    differing = {name for name in asked if asked[name] != plain[name]}
    assert differing == {"AppSpecification", "NetworkConfig", "ProcessingResources", "ProcessingJobName"}


def test_jobs_end_by_their_own_limit_before_the_state_gives_up() -> None:
    states = sagemaker_requests.states()
    limited = [state for state in STATES if "StoppingCondition.$" in states[state]["Parameters"]]
    assert len(limited) == 7
    for state in limited:
        request = sagemaker_requests.rendered(state, context("default"))
        assert request["StoppingCondition"]["MaxRuntimeInSeconds"] < states[state]["TimeoutSeconds"]


def test_volumes_grow_with_the_data_and_end_at_the_largest_there_is() -> None:
    small = job_volumes.estimate([{"key": "a.csv", "size": 1000}], "implicit", 64, refit=True)
    assert {small.prepare, small.training, small.extract, small.index} == {job_volumes.BASE_GB + 1}
    text = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "implicit", 64, refit=False)
    # 10**9 bytes of 16-byte rows, and of each as many examples of 80 bytes as the recipe has.
    examples = run_plan.negative_passes(10**9 // 16) * (1 + run_plan.NEGATIVES_PER_POSITIVE)
    assert text.training == job_volumes.BASE_GB + 5 * examples
    # Files of everything for the second training, in addition to those of the first.
    twice = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "implicit", 64, refit=True)
    assert twice.prepare == text.prepare + 5 * examples
    assert twice.training == text.training
    for name in ("a.csv.gz", "a.jsonl.zst", "a.parquet"):
        packed = job_volumes.estimate([{"key": name, "size": 10**9}], "implicit", 64, refit=False)
        assert packed.training == job_volumes.BASE_GB + 30 * examples
    explicit = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "explicit", 64, refit=False)
    assert explicit.training == job_volumes.BASE_GB + 5
    features = (Feature("genres", "categories"), Feature("decade", "category"))
    known = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "explicit", 64, refit=False, features=features)
    # 10**9 / 16 examples of 80 bytes, and of five more keys with their values.
    assert known.training == job_volumes.BASE_GB + math.ceil((80 + 5 * 10) / 16)
    # Both sides' vectors together: of 62.5 million rows, 256 columns more of each, or what users times items allow.
    block = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "implicit", 64, refit=False, history_rank=256)
    assert block.index == text.index + 64
    default = job_volumes.estimate([{"key": "a.csv", "size": 10**9}], "implicit", 64, refit=False, history_rank=None)
    assert text.index < default.index <= block.index
    huge = job_volumes.estimate([{"key": "a.csv", "size": 10**15}], "implicit", 1000, refit=True)
    assert huge.prepare == huge.index == job_volumes.MOST_GB
