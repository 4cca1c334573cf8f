"""DynamoDB's items are on disk: ministack makes its tables with ``TableItems``, whose logs lie in the engine's home."""

import shutil
import threading
from pathlib import Path
from typing import Any

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from local_aws import item_checks, item_scan
from local_aws.table_items import TableItems

# Held while a request is answered: whoever holds it sees all of a transaction or nothing.
between_requests = threading.RLock()


def install(folder: Path) -> None:
    """Have every table keep its items in a log below ``folder``."""
    TableItems.folder = folder
    dynamodb.defaultdict = TableItems
    provisioners.defaultdict = TableItems  # of tables that CloudFormation makes
    item_checks.install()
    item_scan.install()
    answer = dynamodb.handle_request

    async def answer_alone(*request: Any) -> Any:
        with between_requests:  # ministack's function never waits
            try:
                return await answer(*request)
            finally:
                item_checks.end_request()

    dynamodb.handle_request = answer_alone


def forget_unsaved() -> None:
    """Remove the logs of an engine that was killed: what was saved of them is linked from the saved state."""
    shutil.rmtree(TableItems.folder, ignore_errors=True)
    TableItems.folder.mkdir()
