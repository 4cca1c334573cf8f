"""A running engine: where it answers, and how its own routes are asked."""

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

_SECONDS_TO_TELL = 5.0
_SCOPE = "local_aws"
HEALTH = "/_local_aws/health"
# What another home's engine answers, and one of an earlier version, which has no such route.
_NOT_OURS = (http.client.UNAUTHORIZED, http.client.FORBIDDEN, http.client.NOT_FOUND)


class KeyRefused(EmbeddedAwsProblem):
    """The engine is not one of this home's key; the message says what to do."""


class StateNotSaved(Exception):
    """The engine could not write its state; the message is its own."""


@dataclass(frozen=True)
class RunningEngine:
    """Where the engine answers, for which region and account, its process id, and its administrator's key."""

    endpoint: str
    region: str
    account: str
    pid: int
    administrator: RoleCredentials

    def environment(self) -> dict[str, str]:
        """The environment variables with which AWS's SDKs and command line are its administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.administrator.access_key,
            "AWS_SECRET_ACCESS_KEY": self.administrator.secret_key,
        }

    def is_of(self, home: Path) -> bool:
        """Whether the engine that answers there is this one, and of ``home``.

        Raises:
            OSError, http.client.HTTPException: when nothing answers in time.
            KeyRefused: when another does.
        """
        try:
            answer = json.loads(self._ask("GET", HEALTH, _SECONDS_TO_TELL))
            return bool(answer == {"pid": self.pid, "home": str(home.resolve())})
        except (ValueError, urllib.error.HTTPError):
            return False

    def save(self, seconds: float) -> None:
        """Have it write its state.

        Raises:
            StateNotSaved: when it could not.
            OSError, http.client.HTTPException: when it does not answer within ``seconds``.
            KeyRefused: when it is not this home's.
        """
        try:
            self._ask("POST", "/_local_aws/save", seconds)
        except urllib.error.HTTPError as refusal:
            raise StateNotSaved(json.loads(refusal.read())["message"]) from refusal

    def key_refused(self) -> KeyRefused:
        """What to say when it answers, and not to this home's key."""
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
    """Requests to the engine never go through a proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
