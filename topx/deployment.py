"""One deployed topx: the names of its resources, and clients to reach them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import boto3

from topx.job_logs import JobLogs


class Connection(Protocol):
    """Makes boto3 clients and resources for the place where the stack is."""

    def client(self, service: str) -> Any: ...

    def resource(self, service: str) -> Any: ...


class SessionConnection:
    """Clients of a boto3 session; ``options`` (an endpoint, say) go with each."""

    def __init__(self, session: boto3.session.Session, **options: Any) -> None:
        self._session = session
        self._options = options

    def client(self, service: str) -> Any:
        return self._session.client(service, **self._options)

    def resource(self, service: str) -> Any:
        return self._session.resource(service, **self._options)


class Deployment:
    """The stack's bucket, table, state machine and functions, known by the stack's outputs."""

    def __init__(self, outputs: Mapping[str, str], connection: Connection, logs: JobLogs) -> None:
        self.bucket = outputs["BucketName"]
        self.table_name = outputs["TableName"]
        self.state_machine = outputs["StateMachineArn"]
        self.rollback_function = outputs["RollbackFunctionName"]
        self.logs = logs
        self._connection = connection

    @cached_property
    def s3(self) -> Any:
        return self._connection.client("s3")

    @cached_property
    def states(self) -> Any:
        return self._connection.client("stepfunctions")

    @cached_property
    def functions(self) -> Any:
        return self._connection.client("lambda")

    @cached_property
    def table(self) -> Any:
        return self._connection.resource("dynamodb").Table(self.table_name)
