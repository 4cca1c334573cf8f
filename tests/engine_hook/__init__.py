"""What tests make happen in an engine, each by an environment variable: named to it as ``LOCAL_AWS_HOOK``."""

import os
from pathlib import Path

NAME = "tests.engine_hook"

# How many attempts of each SageMaker call are answered by ThrottlingException.
THROTTLED_ATTEMPTS = "TEST_THROTTLED_ATTEMPTS"
# How many of the first jobs of a stage find no instance, as in pr:1,nn:2.
SHORTAGE = "TEST_SHORTAGE"
# The file to which every call of a role is written.
ACCESS_RECORD = "TEST_ACCESS_RECORD"


def install() -> None:
    """Do what this process's environment asks for."""
    # Imported late: the tests import this file for its names only, and ministack is configured when it is imported.
    from tests.engine_hook import access_record, shortage, throttling  # noqa: PLC0415

    throttling.install(int(os.environ.get(THROTTLED_ATTEMPTS, "0")))
    shortage.install(os.environ.get(SHORTAGE, ""))
    if ACCESS_RECORD in os.environ:
        access_record.install(Path(os.environ[ACCESS_RECORD]))
