"""A deployment of topx: the names of its resources, and clients for them."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import boto3
from botocore.config import Config

from topx.job_logs import JobLogs

OUTPUTS = (
    "BucketName",
    "TableName",
    "StateMachineArn",
    "AfterPublishingArn",
    "RollbackFunctionName",
    "FailuresTopicArn",
)


class MissingOutputs(Exception):
    """A stack lacks some outputs of topx; ``names`` are those it lacks."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"the stack must have the outputs {', '.join(OUTPUTS)}; it lacks {', '.join(names)}")
        self.names = names


class Connection(Protocol):
    """Creates boto3 clients and resources for the place where the stack is."""

    def client(self, service: str, config: Config | None = None) -> Any: ...

    def resource(self, service: str) -> Any: ...


class SessionConnection:
    """Clients of a boto3 session; ``options`` (such as an endpoint) apply to all of them."""

    def __init__(self, session: boto3.session.Session, **options: Any) -> None:
        self._session = session
        self._options = options

    def client(self, service: str, config: Config | None = None) -> Any:
        """With ``config`` merged over that of all clients."""
        if config is None:
            return self._session.client(service, **self._options)
        laid_over = self._options.get("config", Config()).merge(config)
        return self._session.client(service, **{**self._options, "config": laid_over})

    def resource(self, service: str) -> Any:
        return self._session.resource(service, **self._options)


class Deployment:
    """The stack's bucket, table, state machines and functions, from the stack's outputs."""

    def __init__(
        self,
        outputs: Mapping[str, str],
        connection: Connection,
        logs: JobLogs,
        *,
        stack: str | None = None,
        options: Sequence[str] = (),
        seconds_between_looks: float = 0.5,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        """The stack with these outputs.

        Args:
            outputs: of the stack, by name.
            connection: to the place where the stack is.
            logs: of its jobs.
            stack: its name on AWS; None on this machine.
            options: the command line options that select it.
            seconds_between_looks: polling interval when following a run.
            keep: makes sure that changes are saved; AWS does this by itself.

        Raises:
            MissingOutputs: if the stack lacks some outputs.
        """
        missing = [name for name in OUTPUTS if name not in outputs]
        if missing:
            raise MissingOutputs(missing)
        (
            self.bucket,
            self.table_name,
            self.state_machine,
            self.after_publishing,
            self.rollback_function,
            self.failures_topic,
        ) = (outputs[name] for name in OUTPUTS)
        self.forget_function = outputs.get("ForgetFunctionName")  # missing in stacks of an older topx
        self.logs = logs
        self.stack = stack
        self.seconds_between_looks = seconds_between_looks
        self.keep = keep
        self._options = options
        self._connection = connection

    def command(self, *words: str) -> str:
        """The command line of another command for this stack."""
        return shlex.join(["topx", *words, *self._options])

    @cached_property
    def s3(self) -> Any:
        return self._connection.client("s3")

    @cached_property
    def states(self) -> Any:
        return self._connection.client("stepfunctions")

    @cached_property
    def sns(self) -> Any:
        return self._connection.client("sns")

    @cached_property
    def functions(self) -> Any:
        return self._connection.client("lambda")

    @cached_property
    def patient_functions(self) -> Any:
        """A client for functions that take as long as Lambda allows, without retries."""
        config = Config(read_timeout=960, tcp_keepalive=True, retries={"total_max_attempts": 1})
        return self._connection.client("lambda", config)

    @cached_property
    def table(self) -> Any:
        return self._connection.resource("dynamodb").Table(self.table_name)
