"""Starts a job's container in the job's tree, with the engine's bookkeeping."""

import os
from collections.abc import Mapping, Sequence

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.container_catalogue import Container
from local_aws.sagemaker_jobs.container_process import ContainerProcess, clean_environment
from local_aws.sagemaker_jobs.job import Job


class ProcessStarter:
    """Starts containers for the jobs of one engine."""

    def __init__(self, home: EngineHome) -> None:
        self._home = home

    def __call__(
        self, job: Job, container: Container, arguments: Sequence[str], variables: Mapping[str, str]
    ) -> ContainerProcess:
        """Start ``container`` with ``arguments``; ``variables`` come on top of the container's own."""
        return ContainerProcess(
            [*container.command, *arguments],
            clean_environment(job.tree, extra={**container.environment, **variables}, own=os.environ),
            job.log,
            self._home.children / job.name,
        )
