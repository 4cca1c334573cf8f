"""An account with canned responses, validated by botocore's models of the services."""

from typing import Any

import boto3
from botocore.stub import Stubber

from topx.cloud.place import Place

ACCOUNT, REGION = "111122223333", "eu-west-1"


class StubbedPlace:
    """A place, and for each service the responses of its client, in order."""

    def __init__(self) -> None:
        self._session = boto3.session.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name=REGION)
        self._clients: dict[str, Any] = {}
        self._stubs: dict[str, Stubber] = {}
        self.place = Place(self, ACCOUNT, "arn:aws:iam::111122223333:user/me")

    region_name = REGION

    def client(self, service: str) -> Any:
        """Like a session's."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
            self._stubs[service] = Stubber(self._clients[service])
            self._stubs[service].activate()
        return self._clients[service]

    def answer(self, service: str, operation: str, answer: dict[str, Any], asked: dict[str, Any] | None = None) -> None:
        self.client(service)
        self._stubs[service].add_response(operation, answer, asked)

    def refuse(self, service: str, operation: str, code: str, message: str = "") -> None:
        self.client(service)
        self._stubs[service].add_client_error(operation, code, message)
