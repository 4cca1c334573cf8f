"""How long jobs may take: less than their states' time-outs, so that SageMaker ends a slow job itself, and says so."""

from contract.stage_fragments import Stopping

PROCESSING_SECONDS = 39_600
TRAINING_SECONDS = 82_800
INDEX_SECONDS = 39_600
# ``StoppingCondition``, SageMaker API reference: algorithms without checkpoints, such as both of ours, may wait so long
# for spare capacity and train, together.
_SPOT_SECONDS = 3_600


def most_training_seconds(*, spot: bool) -> int:
    """How long factorization machines may train; on spare capacity, waiting for it included."""
    return _SPOT_SECONDS if spot else TRAINING_SECONDS


def stopping(seconds: int, *, spot: bool = False) -> Stopping:
    """The fragment of a job's request; spare capacity has a limit of its own."""
    if spot:
        return {"MaxRuntimeInSeconds": _SPOT_SECONDS, "MaxWaitTimeInSeconds": _SPOT_SECONDS}
    return {"MaxRuntimeInSeconds": seconds}
