"""The time limits of jobs: shorter than their states' timeouts, so that SageMaker stops a slow job and reports why."""

from contract.stage_fragments import Stopping

PROCESSING_SECONDS = 39_600
TRAINING_SECONDS = 82_800
INDEX_SECONDS = 39_600
# ``StoppingCondition``, SageMaker API reference: the limit for algorithms without checkpoints, such as both of ours,
# for waiting for spot capacity and training together.
_SPOT_SECONDS = 3_600


def most_training_seconds(*, spot: bool) -> int:
    """How long factorization machines may train; with spot capacity, this includes the wait."""
    return _SPOT_SECONDS if spot else TRAINING_SECONDS


def stopping(seconds: int, *, spot: bool = False) -> Stopping:
    """The fragment of a job's request; spot capacity has its own limit."""
    if spot:
        return {"MaxRuntimeInSeconds": _SPOT_SECONDS, "MaxWaitTimeInSeconds": _SPOT_SECONDS}
    return {"MaxRuntimeInSeconds": seconds}
