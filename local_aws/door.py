"""The public interface of the embedded AWS. Everything else in this package is internal."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from local_aws.algorithm_rules import algorithm_faults
from local_aws.engine import (
    ACCOUNT,
    HOOK,
    ensure_running,
    save_state,
    status,
    stop,
)
from local_aws.engine_home import HOME_FOLDERS, EngineHome
from local_aws.engine_port import PortRefused
from local_aws.environments import interpreter
from local_aws.owner_only import close, close_what_is_ours
from local_aws.places import CACHE_FOLDERS, compiled
from local_aws.problem import EmbeddedAwsProblem
from local_aws.request_rules import sagemaker_faults
from local_aws.running_engine import RunningEngine
from local_aws.sagemaker_jobs.container_catalogue import FACTORIZATION_MACHINES, NEAREST_NEIGHBOURS, ImageCatalogue
from local_aws.sagemaker_jobs.container_process import clean_environment
from local_aws.sagemaker_jobs.model_archive import pack, unpack
from local_aws.sagemaker_jobs.object_store import ObjectStore, S3Uri
from local_aws.sagemaker_jobs.record_splitting import payloads
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials

__all__ = [
    "ACCOUNT",
    "CACHE_FOLDERS",
    "FACTORIZATION_MACHINES",
    "HOME_FOLDERS",
    "HOOK",
    "NEAREST_NEIGHBOURS",
    "EmbeddedAwsProblem",
    "EngineHome",
    "ImageCatalogue",
    "ObjectStore",
    "PortRefused",
    "RoleCredentials",
    "RunningEngine",
    "S3Uri",
    "algorithm_faults",
    "answers_of_nearest_neighbours",
    "clean_environment",
    "close",
    "close_what_is_ours",
    "compiled",
    "ensure_running",
    "entry_point",
    "interpreter",
    "pack",
    "sagemaker_faults",
    "save_state",
    "status",
    "stop",
    "unpack",
]


def entry_point(folder: str) -> Callable[..., int]:
    """A container's entry point, to call in this process; it returns the exit code.

    This process needs the packages in the folder's requirements.lock, and the environment variables of a job.
    """
    main: Callable[..., int] = import_module(f"{folder.replace('/', '.')}.__main__").main
    return main


def answers_of_nearest_neighbours(
    model: Path, data: bytes, *, split: str, most_bytes: int, content_type: str, accept: str
) -> list[bytes]:
    """What the k-NN stand-in answers for one object of a batch transform, computed in this process.

    Args:
        model: an unpacked model folder.
        data: the object.
        split: SplitType.
        most_bytes: the maximum size of one request.
        content_type: of the object.
        accept: the format of the answers.
    """
    predictor = import_module(f"{NEAREST_NEIGHBOURS.replace('/', '.')}.serving").Predictor.load(model)
    return [predictor.invoke(body, content_type, accept)[1] for body in payloads(data, split, most_bytes)]
