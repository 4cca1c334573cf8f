"""Deletes the k-NN models of earlier runs that ended before "Delete k-NN model".

A state cannot do that for its own run: no state runs after an execution is stopped or times out. So each run deletes
the models of earlier runs.
"""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contract.run_layout import MODELS_CHECKED_PREFIX, RUN_ID, RUNS_PREFIX, RunLayout, job_base
from contract.stored_object import DamagedObject
from lambdas.aws_clients import AwsUnavailable, is_transient
from lambdas.retiring import execution_state
from lambdas.s3_json import JsonDocuments

# A run that is finally over is checked once. This is the maximum per call, so that planning ends in time even in a
# bucket with years of runs that were never checked; the next run continues.
MOST_RUNS = 100

logger = logging.getLogger(__name__)


def delete(documents: JsonDocuments, states: Any, sagemaker: Any, run_id: str) -> list[str]:
    """Delete the models of all runs before ``run_id`` that are over.

    Only models with the name prefixes of this bucket's own runs are touched. A run that can still be redriven is
    checked again by the next run. A failed call or a damaged plan is logged and left to the next run: a leftover model
    costs nothing, and must not fail a run.

    Args:
        documents: the bucket.
        states: boto3 Step Functions client.
        sagemaker: boto3 SageMaker client.
        run_id: the run being planned.

    Returns:
        the names of the deleted models.
    """
    deleted = []
    for earlier in _unchecked(documents, run_id)[:MOST_RUNS]:
        try:
            deleted += _delete_of_run(documents, states, sagemaker, RunLayout(documents.bucket, earlier))
        except (AwsUnavailable, BotoCoreError, ClientError, DamagedObject) as error:
            logger.exception("the models of run %s could not be deleted; the next run tries again", earlier)
            if isinstance(error, AwsUnavailable) or is_transient(error):
                break  # each of the others would take as long
    return deleted


def _unchecked(documents: JsonDocuments, run_id: str) -> list[str]:
    """The runs before ``run_id`` that may have left models, oldest first."""
    checked = {entry["Key"].removeprefix(MODELS_CHECKED_PREFIX) for entry in documents.objects(MODELS_CHECKED_PREFIX)}
    runs = (folder for folder in documents.folders(RUNS_PREFIX) if RUN_ID.fullmatch(folder))
    return sorted(run for run in runs if run < run_id and run not in checked)


def _delete_of_run(documents: JsonDocuments, states: Any, sagemaker: Any, layout: RunLayout) -> list[str]:
    execution = execution_state.of_run(documents, layout)
    if execution is None:
        return []
    state = execution_state.of(states, execution)
    if not state.over:
        return []
    names = _models(sagemaker, job_base("nn", layout.run_id))
    for name in names:
        _delete(sagemaker, name)
        logger.info("deleted model %s, left by run %s", name, layout.run_id)
    if state.final:
        documents.write(layout.models_checked, {"models": names})
    return names


def _models(sagemaker: Any, base: str) -> list[str]:
    pages = sagemaker.get_paginator("list_models").paginate(NameContains=base)
    names = [model["ModelName"] for page in pages for model in page["Models"]]
    return [name for name in names if name.startswith(f"{base}-")]


def _delete(sagemaker: Any, name: str) -> None:
    try:
        sagemaker.delete_model(ModelName=name)
    except ClientError as error:
        # Another run being planned at the same time was faster. SageMaker has no specific error for that.
        if "Could not find model" not in error.response["Error"]["Message"]:
            raise
