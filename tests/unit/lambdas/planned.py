"""The planning functions' results for runs of any size: the inputs of every later request."""

from typing import Any

from contract import run_plan
from contract.documents import Execution, ObjectSize, Plan, Summary
from contract.run_layout import RunLayout
from lambdas.handlers.plan_run import plan_run
from lambdas.planning import job_requests, job_volumes, training_plan
from lambdas.planning.champion import Champion
from tests.unit.lambdas.conftest import CODE
from tests.unit.lambdas.runs import SUMMARY, changed, execution, plan, run_id
from workflow import instance_sizes

SMALLEST = {
    "top_x": 1,
    "factors": 1,
    "epochs": 1,
    "popularity": 0,
    "history_rank": 0,
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
    "history_rank": 1024,
    "gate": 100,
    "hyperparameters": {"factors_init_method": "uniform", "factors_init_scale": 0.1, "clip_gradient": 5, "eps": 1e-8},
    "prepare_engine": "spark",
    "prepare_instance_count": 20,
    "training_instance_count": 20,
    "spot": True,
    "transform_instance_count": 20,
    "prepare_instance_type": "ml.r8i.96xlarge",
    "training_instance_type": "ml.p5.48xlarge",
    "index_instance_type": "ml.p5.48xlarge",
    "transform_instance_type": "ml.p3.16xlarge",
}
# A bucket's name has at most 63 characters.
BUCKETS = {"smallest": "abc", "default": "topx-data", "largest": "b" * 63}
REQUESTS: dict[str, dict[str, Any]] = {"smallest": SMALLEST, "default": {}, "largest": LARGEST}
INPUTS: dict[str, list[ObjectSize]] = {
    "smallest": [{"key": "a.csv", "size": 1}],
    "default": [],
    "largest": [{"key": "a.gz", "size": 10**13}],
}
SUMMARIES = {
    "smallest": changed(
        SUMMARY,
        items=2,
        servable=2,
        seen_p95=1,
        test={"examples": 0, "files": 0},
        # If nothing is held out, there is none, and its requests are not made; here they are checked all the same.
        refit={"pairs": 2, "examples": 2, "files": 1},
    ),
    "default": SUMMARY,
    "largest": changed(
        SUMMARY,
        items=2**24,
        servable=2**24,
        seen_p95=10**6,
        training={"pairs": 1, "examples": 2 * 10**7, "files": 64},
        refit={"pairs": 1, "examples": 2 * 10**7, "files": 64},
    ),
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_DAY = 23


class _Written:
    """A bucket with one plan."""

    def __init__(self, bucket: str, plan: Plan) -> None:
        self.bucket = bucket
        self._plan = plan

    def find(self, key: str, _kind: type = dict) -> Plan:
        assert key == RunLayout(self.bucket, self._plan["run_id"]).plan
        return self._plan


def of_size(size: str) -> dict[str, Any]:
    """``$.plan`` and ``$.training`` of a smallest, a default and a largest run."""
    largest = size == "largest"
    return answers(
        REQUESTS[size],
        INPUTS[size],
        SUMMARIES[size],
        bucket=BUCKETS[size],
        described=largest,
        key=KEY if largest else None,
    )


def answers(
    given: dict[str, Any],
    objects: list[ObjectSize],
    summary: Summary,
    *,
    bucket: str = "topx-data",
    described: bool = False,
    key: str | None = None,
) -> dict[str, Any]:
    """``$.plan`` and ``$.training`` as written by "Plan the run" and "Plan training".

    Args:
        given: the execution's input.
        objects: the interactions.
        summary: summary.json.
        described: whether items and users have their own files, a version is published, and users were forgotten.
        key: the customer managed key, if there is one.
    """
    layout = RunLayout(bucket, run_id(_DAY))
    written = plan(_DAY, **given)
    asked = written["request"]
    request = instance_sizes.sized(
        asked, instance_sizes.fitting(asked, job_volumes.text_bytes(objects), has_spark=True)
    )
    volumes = job_volumes.estimate(
        objects,
        request["feedback"],
        request["factors"],
        refit=asked["refit"] is not False,
        history_rank=request["history_rank"],
    )
    files = ["a.csv"] if described else []
    before = RunLayout(bucket, run_id(_DAY - 7))
    written["stages"] = job_requests.stages(
        layout,
        request,
        volumes,
        {"items": files, "users": files},
        CODE["images"],
        champion=Champion(before, lists=before.published_lists, published=True) if described else None,
        forgotten=described,
        key=key,
    )
    hyperparameters = training_plan.hyperparameters(asked, summary)
    started: Execution = {"arn": execution(_DAY), "started": written["execution"]["started"]}
    return {
        "plan": plan_run(
            _Written(bucket, written),  # type: ignore[arg-type]
            None,
            given,
            started,
            code=CODE,
            quotas_client=None,  # an existing plan was made with them
            keep_versions=3,
            key=key,
        ),
        "training": {
            "hyperparameters": hyperparameters,
            "expected_seconds": training_plan.expected_seconds(asked, summary, hyperparameters),
            "channels": training_plan.channels(layout, asked, summary),
            "refit": run_plan.refits(summary),
            "refit_channels": training_plan.refit_channels(layout, asked, summary),
            "knn_hyperparameters": training_plan.knn_hyperparameters(asked, summary),
        },
    }
