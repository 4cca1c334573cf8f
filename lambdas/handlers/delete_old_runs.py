"""State "Delete old runs": deletes the files of old runs, if the deployment sets an age limit."""

import os
from datetime import UTC, datetime

from lambdas import aws_clients, run_log
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import old_runs
from lambdas.s3_json import JsonDocuments

# Time for one more run, which has some thousands of objects.
_SECONDS_TO_SPARE = 90.0


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(_event: object, context: object) -> dict[str, list[str]]:
    """Returns the deleted runs' ids. The next run deletes those for which time ran out."""
    deleted = old_runs.delete(
        JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"]),
        VersionPointer(aws_clients.table(os.environ["TABLE"])),
        keep_days=int(os.environ["KEEP_RUNS_DAYS"]),
        now=datetime.now(UTC),
        may_go_on=lambda: aws_clients.seconds_left(context) > _SECONDS_TO_SPARE,
    )
    return {"deleted": deleted}
