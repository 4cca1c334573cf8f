"""The answer to a rejected request, in the protocol of its service, as AWS SDKs expect it.

ministack's router could determine the service, but reads every botocore model to find an unknown name, which takes
seconds: too much for an unauthenticated request.
"""

import re
import uuid

from ministack.core.iam_actions import access_denied_response

from local_aws.request_signature import RequestHead, SignatureRefused

_SCOPE = re.compile(r"/([a-z0-9-]+)(?:/|%2F)aws4_request", re.IGNORECASE)


def answer_to(head: RequestHead, refusal: SignatureRefused) -> tuple[int, dict[str, str], bytes]:
    """The answer's status, headers and body."""
    headers = {name: ", ".join(values) for name, values in head.headers.items()}
    answer: tuple[int, dict[str, str], bytes] = access_denied_response(
        _service(head.path, head.query, headers),
        "",
        "",
        str(uuid.uuid4()),
        error_code=refusal.code,
        message=str(refusal),
        headers=headers,
    )
    return answer


def _service(path: str, query: str, headers: dict[str, str]) -> str:
    """The service that it was signed for; without a signature, one with the protocol of the request."""
    signed_for = _SCOPE.search(headers.get("authorization", "")) or _SCOPE.search(query)
    if signed_for:
        return signed_for[1]
    if "x-amz-target" in headers:
        return "dynamodb"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "sts"
    return "lambda" if path.startswith("/2015-03-31/") else "s3"
