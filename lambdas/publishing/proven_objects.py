"""Reads objects whose hash is known, from parts.json or from the execution itself."""

import hashlib

from contract.refusal import PublishRefused
from lambdas.s3_json import JsonDocuments


def proven_bytes(documents: JsonDocuments, key: str, sha256: str) -> bytes:
    """The object's bytes, if their SHA-256 is ``sha256``.

    Raises:
        PublishRefused: if there is no such object, or its bytes differ.
    """
    body = documents.find_bytes(key)
    if body is None:
        raise PublishRefused(f"s3://{documents.bucket}/{key} is missing; start another run")
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise PublishRefused(
            f"s3://{documents.bucket}/{key} must have the SHA-256 {sha256} that it had when it was written, got "
            f"{found}: it was edited or overwritten since, or parts.json was; start another run"
        )
    return body
