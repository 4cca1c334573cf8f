"""A running engine: its address, and calls to its own routes."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_aws.problem import EmbeddedAwsProblem
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials

_SECONDS_TO_ANSWER = 5.0
_SCOPE = "local_aws"
HEALTH = "/_local_aws/health"
# The answers of another home's engine, and of an earlier version, which has no such route.
_NOT_OURS = (http.client.UNAUTHORIZED, http.client.FORBIDDEN, http.client.NOT_FOUND)


class KeyRefused(EmbeddedAwsProblem):
    """The engine does not accept this home's key; the message says what to do."""


class StateNotSaved(Exception):
    """The engine could not save its state; the message is the engine's."""


@dataclass(frozen=True)
class RunningEngine:
    """The engine's URL, region and account, its process id, and its administrator's key."""

    endpoint: str
    region: str
    account: str
    pid: int
    administrator: RoleCredentials

    def environment(self) -> dict[str, str]:
        """The environment variables with which AWS SDKs and the AWS CLI act as its administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.administrator.access_key,
            "AWS_SECRET_ACCESS_KEY": self.administrator.secret_key,
        }

    def is_of(self, home: Path) -> bool:
        """Whether the engine that answers is this one, and belongs to ``home``.

        Raises:
            OSError, http.client.HTTPException: if nothing answers in time.
            KeyRefused: if another one does.
        """
        try:
            answer = json.loads(self._ask("GET", HEALTH, _SECONDS_TO_ANSWER))
            return bool(answer == {"pid": self.pid, "home": str(home.resolve())})
        except (ValueError, urllib.error.HTTPError):
            return False

    def save(self, seconds: float) -> None:
        """Make it save its state.

        Raises:
            StateNotSaved: if it could not.
            OSError, http.client.HTTPException: if it does not answer within ``seconds``.
            KeyRefused: if it does not belong to this home.
        """
        try:
            self._ask("POST", "/_local_aws/save", seconds)
        except urllib.error.HTTPError as refusal:
            raise StateNotSaved(json.loads(refusal.read())["message"]) from refusal

    def key_refused(self) -> KeyRefused:
        """The message for an engine that answers, but rejects this home's key."""
        return KeyRefused(
            f"the engine at {self.endpoint} (process {self.pid}) does not take this home's key: an earlier "
            f"version started it, or its secret was replaced since. End it, it saves its state: kill {self.pid}"
        )

    def _ask(self, method: str, path: str, seconds: float) -> bytes:
        request = AWSRequest(method, f"{self.endpoint}{path}")
        key = Credentials(self.administrator.access_key, self.administrator.secret_key)
        SigV4Auth(key, _SCOPE, self.region).add_auth(request)
        asked = urllib.request.Request(request.url, method=method, headers=dict(request.headers.items()))  # noqa: S310
        try:
            with _direct().open(asked, timeout=seconds) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            if refusal.code in _NOT_OURS:
                raise self.key_refused() from refusal
            raise


def _direct() -> urllib.request.OpenerDirector:
    """Requests to the engine never use a proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
