"""Jobs of every kind with the toy container: inputs, outputs, and each way to end."""

import io
import json
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws import service_model
from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs import container_process
from local_aws.sagemaker_jobs.endings import Ending, JobFailed, RequestInvalid
from local_aws.sagemaker_jobs.job_lifecycle import JobEndedBadly
from local_aws.sagemaker_jobs.record_splitting import payloads
from local_aws.sagemaker_jobs.service import LocalSageMaker
from tests.unit.local_aws import sample_requests as request_of
from tests.unit.local_aws.conftest import Switch, administrator_of

TRAIN, PROCESS, TRANSFORM = "createTrainingJob.sync", "createProcessingJob.sync", "createTransformJob.sync"


def read(s3: Any, bucket: str, key: str) -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    return sorted(entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []))


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]


def failure(sagemaker: LocalSageMaker, action: str, request: dict[str, Any], switch: Switch) -> dict[str, Any]:
    with pytest.raises(JobEndedBadly) as caught:
        sagemaker.call(action, request, switch.caller)
    assert json.loads(str(caught.value)) == caught.value.describe
    return dict(caught.value.describe)


def frame(payload: bytes) -> bytes:
    padding = b"\0" * (-len(payload) % 4)
    return bytes.fromhex("0a23d7ce") + len(payload).to_bytes(4, "little") + payload + padding


class TestTraining:
    def test_leaves_the_containers_files_as_the_models_members(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch, home: EngineHome
    ) -> None:
        done = sagemaker.call(TRAIN, request_of.training(bucket=bucket), switch.caller)
        assert done["TrainingJobStatus"] == "Completed"
        artifact = f"s3://{bucket}/models/fm-1/output/model.tar.gz"
        assert done["ModelArtifacts"] == {"S3ModelArtifacts": artifact}
        model = members(read(s3, bucket, "models/fm-1/output/model.tar.gz"))
        assert model["model_algo-1"] == b"onetwo"  # train/ only, test/ was not asked for
        assert not (home.jobs / "fm-1" / "ml").exists()
        assert "the toy begins ['train']" in (home.jobs / "fm-1" / "log.txt").read_text()
        assert json.loads((home.jobs / "fm-1" / "job.json").read_text()) == done

    def test_writes_the_configuration_as_sagemaker_does(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch
    ) -> None:
        sagemaker.call(TRAIN, request_of.training(bucket=bucket), switch.caller)
        config = json.loads(members(read(s3, bucket, "models/fm-1/output/model.tar.gz"))["config.json"])
        assert config["hyperparameters"] == request_of.FM_HYPERPARAMETERS
        assert config["inputdataconfig"] == {
            "train": {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
                "ContentType": "application/x-recordio-protobuf",
            }
        }
        assert config["resourceconfig"]["current_host"] == "algo-1"
        assert config["resourceconfig"]["hosts"] == ["algo-1"]

    def test_gives_the_process_no_aws_variables(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a real one")
        monkeypatch.setenv("SOMEBODYS", "setting")
        sagemaker.call(TRAIN, request_of.training(bucket=bucket, Environment={"ASKED": "for"}), switch.caller)
        seen = json.loads(members(read(s3, bucket, "models/fm-1/output/model.tar.gz"))["environment.json"])
        assert not [name for name in seen if name.startswith(("AWS", "TOPX", "SOMEBODYS"))]
        assert (seen["ASKED"], seen["MADE_BY"]) == ("for", "the catalogue")

    def test_that_fails_says_why(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch, s3: Any) -> None:
        request = request_of.training(bucket=bucket, Environment={"TOY": "failure file"})
        described = failure(sagemaker, TRAIN, request, switch)
        assert described["TrainingJobStatus"] == "Failed"
        assert described["FailureReason"] == ("the loss is NaN" + "!" * 2000)[:1024]
        assert keys(s3, bucket, "models/") == []

    def test_that_only_exits_reports_its_code(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch) -> None:
        request = request_of.training(bucket=bucket, Environment={"TOY": "exit 3"})
        assert "exit code: 3" in failure(sagemaker, TRAIN, request, switch)["FailureReason"]

    def test_of_an_empty_prefix_is_refused_and_its_name_stays_free(
        self, sagemaker: LocalSageMaker, bucket: str, switch: Switch
    ) -> None:
        for uri in (f"s3://{bucket}/nothing/", "s3://no-such-bucket/train/"):
            with pytest.raises(RequestInvalid, match="No S3 objects found"):
                sagemaker.call(TRAIN, request_of.training(InputDataConfig=[request_of.channel(uri)]), switch.caller)
        sagemaker.call(TRAIN, request_of.training(bucket=bucket), switch.caller)

    def test_with_hyperparameters_the_algorithm_refuses_fails_before_it_starts(
        self, home: EngineHome, sagemaker: LocalSageMaker, bucket: str, switch: Switch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sagemaker, "_catalogue", type("All", (), {"knows": lambda self, image: True})())
        request = request_of.training(bucket=bucket, image=request_of.FM_IMAGE, HyperParameters={"epochs": "many"})
        described = failure(sagemaker, TRAIN, request, switch)
        assert described["FailureReason"].startswith("ClientError")
        assert "feature_dim is missing" in described["FailureReason"]

    def test_names_are_used_once_whatever_became_of_the_job(
        self, sagemaker: LocalSageMaker, home: EngineHome, bucket: str, switch: Switch, running: Any
    ) -> None:
        failure(sagemaker, TRAIN, request_of.training(bucket=bucket, Environment={"TOY": "exit 3"}), switch)
        for again in (
            sagemaker,
            LocalSageMaker(home, sagemaker._catalogue, running.endpoint, administrator_of(running)),
        ):
            with pytest.raises(RequestInvalid, match="must be unique") as caught:
                again.call(TRAIN, request_of.training(bucket=bucket), switch.caller)
            assert caught.value.error == "SageMaker.ResourceInUseException"

    def test_of_an_unknown_image_is_refused(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch) -> None:
        with pytest.raises(RequestInvalid, match="Cannot find the requested image"):
            sagemaker.call(TRAIN, request_of.training(bucket=bucket, image="here/unknown:1"), switch.caller)


class TestProcessing:
    def test_copies_inputs_in_and_outputs_out_without_following_links(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch
    ) -> None:
        done = sagemaker.call(PROCESS, request_of.processing(bucket=bucket), switch.caller)
        assert done["ProcessingJobStatus"] == "Completed"
        assert keys(s3, bucket, "upper/") == ["upper/pr-1/a", "upper/pr-1/b", "upper/pr-1/deep/config.json"]
        assert read(s3, bucket, "upper/pr-1/a") == b"ONE"
        config = json.loads(read(s3, bucket, "upper/pr-1/deep/config.json"))
        assert config["ProcessingJobArn"] == done["ProcessingJobArn"]
        assert config["ProcessingInputs"] == request_of.processing(bucket=bucket)["ProcessingInputs"]

    def test_that_fails_passes_on_its_message_and_copies_nothing(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch
    ) -> None:
        described = failure(
            sagemaker, PROCESS, request_of.processing(bucket=bucket, Environment={"TOY": "message"}), switch
        )
        assert described["ExitMessage"] == "all rows were refused"
        assert "exit code: 1" in described["FailureReason"]
        assert keys(s3, bucket, "upper/") == []

    def test_of_an_empty_prefix_begins_and_fails(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch) -> None:
        request = request_of.processing(bucket=bucket)
        request["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{bucket}/nothing/"
        assert "No S3 objects found" in failure(sagemaker, PROCESS, request, switch)["FailureReason"]

    def test_takes_a_single_object_for_a_prefix(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch
    ) -> None:
        request = request_of.processing(bucket=bucket)
        request["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://{bucket}/train/b"
        sagemaker.call(PROCESS, request, switch.caller)
        assert read(s3, bucket, "upper/pr-1/b") == b"TWO"

    def test_lets_no_key_leave_its_folder(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch, home: EngineHome
    ) -> None:
        s3.put_object(Bucket=bucket, Key="train/x/../../../../../../escaped", Body=b"!")
        described = failure(sagemaker, PROCESS, request_of.processing(bucket=bucket), switch)
        assert "leaves its folder" in described["FailureReason"]
        assert not list(home.root.rglob("escaped"))


class TestStopping:
    """A job that is stopped from outside leaves no process behind."""

    @pytest.fixture
    def pids(self, tmp_path: Path) -> Callable[[], list[int]]:
        place = tmp_path / "pids"

        def read_pids() -> list[int]:
            deadline = time.monotonic() + 20
            while not (place.exists() and place.read_text().count(" ") == 1):
                assert time.monotonic() < deadline, "the toy has not begun"
                time.sleep(0.01)
            return [int(pid) for pid in place.read_text().split()]

        read_pids.place = str(place)  # type: ignore[attr-defined]
        return read_pids

    @staticmethod
    def alive(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    def gone(self, pids: list[int]) -> bool:
        deadline = time.monotonic() + 5
        while any(self.alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.01)
        return not any(self.alive(pid) for pid in pids)

    @pytest.mark.parametrize("toy", ["sleep", "sleep through SIGTERM"])
    def test_ends_the_whole_process_group(
        self, toy: str, sagemaker: LocalSageMaker, bucket: str, switch: Switch, pids: Any, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(container_process, "GRACE_SECONDS", 0.3)
        request = request_of.training(bucket=bucket, Environment={"TOY": toy, "TOY_PIDS": pids.place})
        threading.Thread(target=lambda: (pids(), setattr(switch, "ending", Ending.EXECUTION_STOPPED))).start()
        described = failure(sagemaker, TRAIN, request, switch)
        assert described["TrainingJobStatus"] == "Stopped"
        assert self.gone(pids())

    def test_beyond_its_own_time_ends_stopped_and_not_failed(
        self, sagemaker: LocalSageMaker, bucket: str, switch: Switch, pids: Any
    ) -> None:
        request = request_of.processing(
            bucket=bucket,
            Environment={"TOY": "sleep", "TOY_PIDS": pids.place},
            StoppingCondition={"MaxRuntimeInSeconds": 1},
        )
        done = sagemaker.call(PROCESS, request, switch.caller)
        assert done["ProcessingJobStatus"] == "Stopped"
        assert self.gone(pids())

    def test_closing_ends_what_runs_and_begins_nothing_more(
        self, sagemaker: LocalSageMaker, bucket: str, switch: Switch, pids: Any
    ) -> None:
        request = request_of.training(bucket=bucket, Environment={"TOY": "sleep", "TOY_PIDS": pids.place})
        threading.Thread(target=lambda: (pids(), sagemaker.close())).start()
        failure(sagemaker, TRAIN, request, switch)
        assert self.gone(pids())
        with pytest.raises(RequestInvalid, match="being stopped"):
            sagemaker.call(TRAIN, request_of.training("fm-2", bucket=bucket), switch.caller)


class TestModels:
    @pytest.fixture
    def artifact(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch) -> str:
        done = sagemaker.call(TRAIN, request_of.training(bucket=bucket), switch.caller)
        return str(done["ModelArtifacts"]["S3ModelArtifacts"])

    def test_are_created_once_and_deleted_once(self, sagemaker: LocalSageMaker, artifact: str, switch: Switch) -> None:
        made = sagemaker.call("createModel", request_of.model("Nn-1", data=artifact), switch.caller)
        assert made == {"ModelArn": "arn:aws:sagemaker:us-east-1:000000000000:model/nn-1"}
        with pytest.raises(RequestInvalid, match="already existing"):
            sagemaker.call("createModel", request_of.model("Nn-1", data=artifact), switch.caller)
        assert sagemaker.call("deleteModel", {"ModelName": "Nn-1"}, switch.caller, sdk=True) == {}
        with pytest.raises(RequestInvalid, match="Could not find model") as caught:
            sagemaker.call("deleteModel", {"ModelName": "Nn-1"}, switch.caller, sdk=True)
        assert caught.value.error == "SageMaker.SageMakerException"
        with pytest.raises(RequestInvalid, match="already existing"):
            sagemaker.call("createModel", request_of.model("Nn-1", data=artifact), switch.caller)

    def test_need_their_data(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch) -> None:
        with pytest.raises(RequestInvalid, match="Could not find model data"):
            sagemaker.call("createModel", request_of.model(data=f"s3://{bucket}/models/no.tar.gz"), switch.caller)

    def test_transform_object_by_object_in_record_order(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, artifact: str, switch: Switch
    ) -> None:
        records = [frame(bytes([number]) * 500_000) for number in range(5)]
        s3.put_object(Bucket=bucket, Key="users/part-0", Body=b"".join(records))
        s3.put_object(Bucket=bucket, Key="users/deep/part-1", Body=records[0])
        sagemaker.call("createModel", request_of.model(data=artifact), switch.caller)
        done = sagemaker.call(TRANSFORM, request_of.transform(bucket=bucket), switch.caller)
        assert done["TransformJobStatus"] == "Completed"
        assert keys(s3, bucket, "neighbours/") == ["neighbours/tr-1/deep/part-1.out", "neighbours/tr-1/part-0.out"]
        answers = [json.loads(line) for line in read(s3, bucket, "neighbours/tr-1/part-0.out").splitlines()]
        assert [answer["bytes"] for answer in answers] == [1_000_016, 1_000_016, 500_008]
        assert [answer["begins"][16:18] for answer in answers] == ["00", "02", "04"]
        assert {answer["accept"] for answer in answers} == {"application/jsonlines; verbose=true"}
        assert {answer["model"] for answer in answers} == {"onetwo"}

    def test_a_failing_object_fails_the_job_and_others_stay(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, artifact: str, switch: Switch
    ) -> None:
        for key, body in (("a", frame(b"good")), ("b", frame(b"poison")), ("c", b"not recordIO"), ("d", frame(b"x"))):
            s3.put_object(Bucket=bucket, Key=f"users/{key}", Body=body)
        sagemaker.call("createModel", request_of.model(data=artifact), switch.caller)
        described = failure(sagemaker, TRANSFORM, request_of.transform(bucket=bucket), switch)
        assert described["TransformJobStatus"] == "Failed"
        assert "this payload is poison" in described["FailureReason"]
        assert "users/c: ClientError: not recordIO" in described["FailureReason"]
        assert keys(s3, bucket, "neighbours/") == ["neighbours/tr-1/a.out", "neighbours/tr-1/d.out"]

    def test_a_container_that_ends_before_it_serves_fails_the_job(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, artifact: str, switch: Switch
    ) -> None:
        s3.put_object(Bucket=bucket, Key="users/a", Body=frame(b"x"))
        sagemaker.call("createModel", request_of.model(data=artifact), switch.caller)
        request = request_of.transform(bucket=bucket, Environment={"TOY": "exit 3"})
        assert "before it answered /ping" in failure(sagemaker, TRANSFORM, request, switch)["FailureReason"]

    def test_a_transform_can_be_stopped_while_its_container_loads(
        self, sagemaker: LocalSageMaker, s3: Any, bucket: str, artifact: str, switch: Switch, tmp_path: Path
    ) -> None:
        s3.put_object(Bucket=bucket, Key="users/a", Body=frame(b"x"))
        sagemaker.call("createModel", request_of.model(data=artifact), switch.caller)
        variables = {"TOY": "sleep", "TOY_PIDS": str(tmp_path / "pids")}
        threading.Timer(0.3, lambda: setattr(switch, "ending", Ending.EXECUTION_STOPPED)).start()
        described = failure(sagemaker, TRANSFORM, request_of.transform(bucket=bucket, Environment=variables), switch)
        assert described["TransformJobStatus"] == "Stopped"

    def test_a_transform_needs_its_model(self, sagemaker: LocalSageMaker, bucket: str, switch: Switch) -> None:
        with pytest.raises(RequestInvalid, match="Could not find model"):
            sagemaker.call(TRANSFORM, request_of.transform(bucket=bucket), switch.caller)


@pytest.mark.parametrize("kind", ["Training", "Processing", "Transform"])
def test_documents_are_what_describe_answers(
    kind: str, sagemaker: LocalSageMaker, s3: Any, bucket: str, switch: Switch
) -> None:
    """botocore's output shapes are the oracle, for successful and failed jobs."""
    documents = [sagemaker.call(TRAIN, request_of.training(bucket=bucket), switch.caller)]
    if kind == "Training":
        request = request_of.training("fm-2", bucket=bucket, Environment={"TOY": "exit 3"})
        documents.append(failure(sagemaker, TRAIN, request, switch))
    elif kind == "Processing":
        documents = [sagemaker.call(PROCESS, request_of.processing(bucket=bucket), switch.caller)]
        request = request_of.processing("pr-2", bucket=bucket, Environment={"TOY": "message"})
        documents.append(failure(sagemaker, PROCESS, request, switch))
    else:
        s3.put_object(Bucket=bucket, Key="users/a", Body=frame(b"x"))
        data = documents[0]["ModelArtifacts"]["S3ModelArtifacts"]
        sagemaker.call("createModel", request_of.model(data=data), switch.caller)
        documents = [sagemaker.call(TRANSFORM, request_of.transform(bucket=bucket), switch.caller)]
        request = request_of.transform("tr-2", bucket=bucket, Environment={"TOY": "exit 3"})
        documents.append(failure(sagemaker, TRANSFORM, request, switch))
    shape = service_model.sagemaker_model().operation_model(f"Describe{kind}Job").output_shape
    for document in documents:
        assert document.pop("Tags") == []  # which Step Functions adds to SageMaker's response
        assert list(service_model.faults(shape, document, "")) == []
        assert isinstance(document["CreationTime"], int)
        assert document["CreationTime"] > 1_600_000_000_000  # milliseconds


class TestPayloads:
    @pytest.mark.parametrize("most", [908, 1000, 1316, 10_000])
    def test_of_records_hold_whole_records_in_order_and_as_many_as_fit(self, most: int) -> None:
        frames = [frame(bytes(length)) for length in (0, 1, 7, 300, 4, 5, 900, 2, 3, 0)]
        cut = list(payloads(b"".join(frames), "RecordIO", most))
        assert b"".join(cut) == b"".join(frames)
        ends = {sum(map(len, frames[:count])): count for count in range(len(frames) + 1)}
        at = 0
        for payload in cut:
            at += len(payload)
            assert at in ends
            assert len(payload) <= most
            following = frames[ends[at]] if ends[at] < len(frames) else bytes(most)
            assert len(payload) + len(following) > most

    def test_hold_a_whole_object_that_is_not_split(self) -> None:
        assert list(payloads(b"a\nb", "None", 5)) == [b"a\nb"]

    @pytest.mark.parametrize("split", ["None", "RecordIO"])
    def test_refuse_a_record_that_is_too_large(self, split: str) -> None:
        with pytest.raises(JobFailed, match="MaxPayloadInMB"):
            list(payloads(frame(bytes(100)), split, 50))

    def test_refuse_a_truncated_file(self) -> None:
        with pytest.raises(JobFailed, match="byte 12 of 20"):
            list(payloads(frame(b"one") + frame(b"three")[:8], "RecordIO", 100))
