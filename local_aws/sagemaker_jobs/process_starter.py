"""Starts a job's container in the job's tree, and records it for the engine."""

import os
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.container_catalogue import Container
from local_aws.sagemaker_jobs.container_process import (
    ContainerProcess,
    Program,
    Started,
    clean_environment,
)
from local_aws.sagemaker_jobs.forking_interpreter import ForkingInterpreter
from local_aws.sagemaker_jobs.job import Job


class ProcessStarter:
    """Starts containers for the jobs of one engine."""

    def __init__(self, home: EngineHome) -> None:
        self._home = home
        self._interpreters: dict[Container, ForkingInterpreter] = {}
        self._looking = threading.Lock()

    def __call__(
        self, job: Job, container: Container, arguments: Sequence[str], variables: Mapping[str, str]
    ) -> ContainerProcess:
        """Start ``container`` with ``arguments``; ``variables`` are added to the container's own."""
        environment = clean_environment(job.tree, extra={**container.environment, **variables}, own=os.environ)
        interpreter = self._interpreter(container)

        def start(guard: IO[str], output: IO[bytes]) -> Started:
            forked = (
                interpreter.start([*container.command[2:], *arguments], environment, guard, output)
                if interpreter
                else None
            )
            return forked or Program([*container.command, *arguments], environment, guard, output)

        return ContainerProcess(start, job.log, self._home.children / job.name)

    def _interpreter(self, container: Container) -> ForkingInterpreter | None:
        if not container.libraries:
            return None
        with self._looking:
            found = self._interpreters.get(container)
            if found is None or not found.alive:
                environment = clean_environment(self._home.jobs, extra=container.environment, own=os.environ)
                found = ForkingInterpreter(container.command[0], container.libraries, environment)
                self._interpreters[container] = found
            return found
