"""Verifies a request's Signature Version 4, in its headers or its query, with botocore's own signer.

Source: "Signature Version 4 for API requests" in the IAM user guide, and "Authenticating requests" in the S3 API
reference. Stricter than AWS in whatever could make the signer ambiguous: there must be exactly one signature, in one
place, which covers the host and every ``x-amz-`` header, and the body's hash must match the body.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
_HASH = re.compile(r"[0-9a-f]{64}")
_HEADER = re.compile(rf"{ALGORITHM} +" + ", *".join([r"(\w+)=([^\s,]+)"] * 3))
# Parsed strictly, so that ministack, which searches for the key, finds the one that was verified.
_FORMS = {
    "Credential": re.compile(r"(\w+)/([0-9]{8})/([\w-]+)/([\w-]+)/aws4_request", re.ASCII),
    "SignedHeaders": re.compile(r"([^\s,=/]+)"),
    "Signature": re.compile(r"([0-9a-f]{64})"),
}
_FIELDS = _FORMS.keys()
_QUERY = {f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")}
_TOKEN = "X-Amz-Security-Token"  # noqa: S105 - a parameter's name
_OLD_KEY = "awsaccesskeyid"
# What ministack accepts as credentials in a query, including the key of an older signature version.
_CREDENTIALS_IN_QUERY = {name.lower() for name in (*_QUERY, _TOKEN)} | {_OLD_KEY}
_SKEW = timedelta(minutes=15)
_LONGEST_SECONDS = 604_800


class SignatureRefused(Exception):
    """The request's signature is invalid; ``code`` is ministack's name of the error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class RequestHead:
    """A request without its body, as received.

    ``path`` and ``query`` are still percent-encoded; the names of ``headers`` are in lower case, and each has all its
    values.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, Sequence[str]]

    def header(self, name: str) -> str | None:
        """A header's value, or None if it is missing.

        Raises:
            SignatureRefused: if it occurs more than once.
        """
        values = self.headers.get(name, ())
        if len(values) > 1:
            raise SignatureRefused("IncompleteSignature", f"The header {name} must be there once, got {len(values)}.")
        return values[0] if values else None


@dataclass(frozen=True)
class Signature:
    """A signature as parsed from a request; not verified yet."""

    access_key: str
    date: str
    region: str
    service: str
    timestamp: str
    signed_headers: tuple[str, ...]
    value: str
    token: str
    lifetime: timedelta | None  # of a presigned request; None if it is in the headers

    @classmethod
    def of(cls, head: RequestHead) -> "Signature":
        """The signature in ``head``.

        Raises:
            SignatureRefused: if there is none, or another kind, or more than one, or it leaves something out.
        """
        authorization = head.header("authorization")
        found = [(name, value) for name, value in _pairs(head.query) if name.lower() in _CREDENTIALS_IN_QUERY]
        if authorization is None and not found:
            raise SignatureRefused("MissingAuthenticationToken", "Request is missing Authentication Token")
        if _OLD_KEY in {name.lower() for name, _ in found}:
            raise SignatureRefused("UnsupportedSignature", f"Only {ALGORITHM} is taken.")
        if authorization is not None and found:
            raise SignatureRefused("IncompleteSignature", "A request must be signed in one place: headers or query.")
        signature = _in_query(found) if authorization is None else _in_header(authorization, head)
        signature._check_coverage(head)
        return signature

    def check_time(self, now: datetime) -> None:
        """Check that it is valid at this time.

        Raises:
            SignatureRefused: if it was made more than fifteen minutes from now, or a presigned one has expired.
        """
        try:
            made = datetime.strptime(self.timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise SignatureRefused("IncompleteSignature", "X-Amz-Date must be like 20261127T120000Z.") from None
        if self.date != self.timestamp[:8]:
            raise SignatureRefused("CredentialDateMismatch", "The date in Credential must be that of X-Amz-Date.")
        if self.lifetime is not None and now > made + self.lifetime:
            raise SignatureRefused("RequestExpired", "Request has expired")
        if made > now + _SKEW or (self.lifetime is None and made < now - _SKEW):
            raise SignatureRefused(
                "RequestTimeTooSkewed",
                f"Signature expired: it was made at {self.timestamp}, which is more than 15 minutes from the time "
                f"here, {now:%Y%m%dT%H%M%SZ}.",
            )

    def check(self, head: RequestHead, body: bytes, secret: str) -> None:
        """Check that the owner of ``secret`` has signed exactly this request.

        Raises:
            SignatureRefused: if someone else has, or the request was changed.
        """
        request = AWSRequest(head.method, f"http://engine{head.path}?{_without_signature(head.query)}")
        for name in self.signed_headers:
            for value in head.headers.get(name, ()):
                request.headers[name] = value
        request.context["timestamp"] = self.timestamp
        request.context["payload"] = self._payload(head, body)
        signer = _Recomputed(Credentials(self.access_key, secret), self.service, self.region)
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        if not hmac.compare_digest(expected.encode(), self.value.encode()):
            raise SignatureRefused(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                "Access Key and signing method. Consult the service documentation for details.",
            )

    def _payload(self, head: RequestHead, body: bytes) -> str:
        """The hash of the body that was signed, or that it was left out, which only S3 allows.

        Raises:
            SignatureRefused: if the hash is not the body's.
        """
        given = head.header("x-amz-content-sha256")
        if given is None:
            presigned_of_s3 = self.lifetime is not None and self.service == "s3"
            return _UNSIGNED[0] if presigned_of_s3 else hashlib.sha256(body).hexdigest()
        if given in _UNSIGNED and self.service == "s3":
            return given
        if not _HASH.fullmatch(given):
            raise SignatureRefused(
                "UnsupportedSignature",
                f"x-amz-content-sha256 must be the body's SHA-256 in hexadecimal or, for S3, one of "
                f"{', '.join(_UNSIGNED)}, got {given}.",
            )
        if not hmac.compare_digest(given, hashlib.sha256(body).hexdigest()):
            raise SignatureRefused(
                "SignatureDoesNotMatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
        return given

    def _check_coverage(self, head: RequestHead) -> None:
        """Reject a signature that does not cover everything that decides where a request goes and what it requests."""
        must = {"host", *(name for name in head.headers if name.startswith("x-amz-"))}
        if not must <= set(self.signed_headers) <= head.headers.keys():
            raise SignatureRefused(
                "SignatureDoesNotMatch",
                f"SignedHeaders must name {', '.join(sorted(must))}, and no header that the request does not have.",
            )


class _Recomputed(SigV4Auth):  # type: ignore[misc]
    """botocore's signer, for a request that itself says which headers it signs, and when."""

    def headers_to_sign(self, request: AWSRequest) -> Mapping[str, str]:
        return request.headers  # type: ignore[no-any-return]

    def payload(self, request: AWSRequest) -> str:
        return str(request.context["payload"])

    def _normalize_url_path(self, path: str) -> str:
        # S3 signs a path as it is sent; other services normalize it and encode it once more.
        return path if self._service_name == "s3" else super()._normalize_url_path(path)


def _in_header(authorization: str, head: RequestHead) -> Signature:
    if not authorization.startswith(f"{ALGORITHM} "):
        raise SignatureRefused("UnsupportedSignature", f"Authorization must begin with {ALGORITHM}.")
    matched = _HEADER.fullmatch(authorization)
    named = {} if matched is None else dict(zip(matched.groups()[::2], matched.groups()[1::2], strict=True))
    if named.keys() != _FIELDS:
        raise SignatureRefused(
            "IncompleteSignature", "Authorization must have Credential, SignedHeaders and Signature, each once."
        )
    token = head.header("x-amz-security-token") or ""
    return _signature(named.__getitem__, head.header("x-amz-date") or "", token, None)


def _in_query(found: Sequence[tuple[str, str]]) -> Signature:
    named = dict(found)
    if len(named) != len(found) or named.keys() - {_TOKEN} != _QUERY or named["X-Amz-Algorithm"] != ALGORITHM:
        raise SignatureRefused(
            "IncompleteSignature",
            f"A presigned request must have {', '.join(sorted(_QUERY))} and, of a session, {_TOKEN}, each once; "
            f"X-Amz-Algorithm must be {ALGORITHM}.",
        )
    seconds = named["X-Amz-Expires"]
    if not (seconds.isascii() and seconds.isdecimal() and 1 <= int(seconds[:9]) <= _LONGEST_SECONDS):
        raise SignatureRefused("IncompleteSignature", f"X-Amz-Expires must be 1..{_LONGEST_SECONDS}, got {seconds}.")
    lifetime = timedelta(seconds=int(seconds))
    return _signature(lambda name: named[f"X-Amz-{name}"], named["X-Amz-Date"], named.get(_TOKEN, ""), lifetime)


def _signature(field: Callable[[str], str], timestamp: str, token: str, lifetime: timedelta | None) -> Signature:
    parts = [pattern.fullmatch(field(name)) for name, pattern in _FORMS.items()]
    if None in parts:
        raise SignatureRefused(
            "IncompleteSignature",
            "Credential must be ACCESS_KEY/YYYYMMDD/REGION/SERVICE/aws4_request, SignedHeaders names with semicolons "
            "between, and Signature 64 hexadecimal digits.",
        )
    scope, signed, value = [part.groups() for part in parts if part]
    key, date, region, service = scope
    return Signature(key, date, region, service, timestamp, tuple(signed[0].split(";")), value[0], token, lifetime)


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _without_signature(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
