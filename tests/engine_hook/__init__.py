"""Events that tests cause in an engine, each by an environment variable; the module is set as ``LOCAL_AWS_HOOK``."""

import os
from pathlib import Path

NAME = "tests.engine_hook"

# The number of attempts of each SageMaker call that fail with ThrottlingException.
THROTTLED_ATTEMPTS = "TEST_THROTTLED_ATTEMPTS"
# The number of a stage's first jobs that find no instance, as in pr:1,nn:2.
SHORTAGE = "TEST_SHORTAGE"
# The file to which every call of a role is written.
ACCESS_RECORD = "TEST_ACCESS_RECORD"


def install() -> None:
    """Install what this process's environment requests."""
    # Imported late: the tests import this file only for its names, and ministack is configured on import.
    from tests.engine_hook import access_record, shortage, throttling  # noqa: PLC0415

    throttling.install(int(os.environ.get(THROTTLED_ATTEMPTS, "0")))
    shortage.install(os.environ.get(SHORTAGE, ""))
    if ACCESS_RECORD in os.environ:
        access_record.install(Path(os.environ[ACCESS_RECORD]))
