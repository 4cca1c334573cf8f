"""Turns AWS errors into sentences with a fix."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

from topx.problem import Problem

# "Common errors" of the services' API references, and S3's list of error codes.
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN_CREDENTIALS = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedOperation", "403"}
_ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
# S3 does not always name the missing permission, and its operations have other names than their permissions.
_S3_ACTIONS = {
    "CompleteMultipartUpload": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3:PutObject",
    "UploadPart": "s3:PutObject",
}


class AwsProblem(Problem):
    """AWS could not be reached, or rejected the request; the message says what to do."""


@contextmanager
def as_aws_problem(profile: str | None) -> Iterator[None]:
    """Turn AWS errors in the block into problems.

    Args:
        profile: the AWS profile in use, if one was given.

    Raises:
        AwsProblem: instead of the errors of botocore and boto3.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise AwsProblem(sentence(error, profile)) from error
    except Boto3Error as error:
        # boto3 wraps the service's error of a failed upload in its own.
        hidden = error.__context__
        raise AwsProblem(
            sentence(hidden, profile) if isinstance(hidden, BotoCoreError | ClientError) else str(error)
        ) from error


def is_denied(error: ClientError) -> bool:
    """Whether it failed because of a missing permission."""
    return error.response["Error"].get("Code") in DENIED


def sentence(error: BotoCoreError | ClientError, profile: str | None) -> str:
    """The error, the rule and the fix."""
    return _refused(error, profile) if isinstance(error, ClientError) else _not_asked(error, profile)


def _refused(error: ClientError, profile: str | None) -> str:
    code, text = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return f"the AWS credentials{_of(profile)} have expired ({code}); {_sign_in(profile)}"
    if code in _UNKNOWN_CREDENTIALS:
        return (
            f"AWS does not recognize the credentials{_of(profile)} ({code}): {text}; the access key must exist and its "
            f"secret must be correct. {_name_others(profile)}"
        )
    if code in DENIED:
        found = _ACTION.search(text)
        action = found[1] if found else _S3_ACTIONS.get(error.operation_name, error.operation_name)
        return (
            f"the AWS credentials{_of(profile)} may not do {action}; allow it in a policy, or use another profile with "
            f"--profile. AWS says: {text}"
        )
    return f"AWS refused {error.operation_name} ({code}): {text}"


def _not_asked(error: BotoCoreError, profile: str | None) -> str:
    """botocore's own errors: the service was not reached, or no request was sent."""
    match error:
        case aws.ProfileNotFound():
            named = error.kwargs["profile"]
            text = f"there is no AWS profile {named!r}; aws configure list-profiles lists them"
        case aws.NoRegionError():
            text = "no AWS region is set; set the stack's region with --region, such as --region eu-west-1"
        case aws.InvalidRegionError():
            text = f"{error.kwargs['region_name']!r} is not an AWS region; use one such as --region eu-west-1"
        case aws.NoCredentialsError() | aws.PartialCredentialsError():
            lacking = f": {error}" if isinstance(error, aws.PartialCredentialsError) else ""
            text = f"no AWS credentials were found{lacking}. {_name_others(profile)}"
        case aws.SSOError() | aws.TokenRetrievalError() | aws.UnauthorizedSSOTokenError():
            text = f"the sign-in{_of(profile)} has expired or was never made; {_sign_in(profile)}"
        case aws.CredentialRetrievalError():
            text = f"the AWS credentials{_of(profile)} could not be fetched: {error}. {_sign_in(profile).capitalize()}"
        case aws.EndpointConnectionError() | aws.HTTPClientError():
            text = f"AWS does not answer: {error}. Check the region and this machine's network"
        case _:
            text = f"the request was not sent to AWS: {error}"
    return text


def _of(profile: str | None) -> str:
    return f" of profile {profile!r}" if profile else ""


def _sign_in(profile: str | None) -> str:
    return f"sign in again: aws sso login{f' --profile {profile}' if profile else ''}, or get new ones as before"


def _name_others(profile: str | None) -> str:
    return (
        f"Name {'another' if profile else 'a'} profile with --profile, sign in with aws sso login, or set "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )
