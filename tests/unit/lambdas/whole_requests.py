"""Every SageMaker request of a run."""

from typing import Any

from contract.run_layout import RunLayout
from tests.unit.lambdas import planned, sagemaker_requests
from tests.unit.lambdas.runs import SUMMARY

STATES = sagemaker_requests.states_with_requests()


def after_jobs(answers: dict[str, Any], bucket: str) -> dict[str, Any]:
    """The plans, and what the jobs add to them."""
    layout = RunLayout(bucket, answers["plan"]["run_id"])
    return {
        **answers,
        "fm": {"artifact": f"{layout.uri(layout.fm_output)}job/output/model.tar.gz"},
        "quality": {"metrics_sha256": "ab" * 32},
        "knn": {"artifact": f"{layout.uri(layout.knn_output)}job/output/model.tar.gz"},
        "model": {"name": f"{answers['plan']['knn']['base']}-7a1c8a52-5b0b-4f2e-9d68-3c0f2b3d4e5f"},
    }


def requests_of(key: str | None = None, **request: Any) -> dict[str, dict[str, Any]]:
    """Every state's request, for a run with that input."""
    answers = after_jobs(planned.answers(request, [], SUMMARY, key=key), "topx-data")
    return {state: sagemaker_requests.rendered(state, answers) for state in STATES}
