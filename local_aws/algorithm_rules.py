"""What the built-in algorithms themselves reject when their job starts: hyperparameters and channels."""

from collections.abc import Mapping
from typing import Any

from local_aws.algorithms.nearest_neighbours import hyperparameters as nn_hyperparameters
from local_aws.sagemaker_jobs.container_catalogue import repository_and_tag
from sagemaker_contract import fm_hyperparameters

_RECORDIO = "application/x-recordio-protobuf"
_CONTENT_TYPES = {
    "factorization-machines": (_RECORDIO,),
    "knn": (_RECORDIO, "text/csv", "application/json", "application/jsonlines"),
}


def algorithm_faults(request: Mapping[str, Any]) -> list[str]:
    """Why a built-in algorithm would fail a valid CreateTrainingJob request's job at once; empty for other images."""
    algorithm = repository_and_tag(request["AlgorithmSpecification"]["TrainingImage"]).split(":")[0]
    if algorithm not in _CONTENT_TYPES:
        return []
    given = request.get("HyperParameters", {})
    found = fm_hyperparameters.faults(given) if algorithm == "factorization-machines" else _nearest_neighbours(given)
    return found + _channel_faults(algorithm, request.get("InputDataConfig", []))


def _nearest_neighbours(given: Mapping[str, str]) -> list[str]:
    try:
        nn_hyperparameters.parse(given)
    except nn_hyperparameters.HyperparametersRefused as refusal:
        return [str(refusal)]
    return []


def _channel_faults(algorithm: str, channels: list[Mapping[str, Any]]) -> list[str]:
    names = {channel["ChannelName"] for channel in channels}
    found = [] if "train" in names else ["the channel train is missing"]
    found += [
        f"{name} is not a channel of {algorithm}: train and test are" for name in sorted(names - {"train", "test"})
    ]
    for channel in channels:
        content = channel.get("ContentType", _RECORDIO)
        accepted = _CONTENT_TYPES[algorithm]
        if content.split(";")[0] not in accepted:
            found.append(f"ContentType of {channel['ChannelName']} must be {' or '.join(accepted)}, got {content}")
    return found
