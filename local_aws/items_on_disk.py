"""DynamoDB's items are on disk: ministack creates its tables with ``TableItems``, which has logs in the engine's
home.
"""

import shutil
import threading
from pathlib import Path
from typing import Any

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from local_aws import item_checks, item_scan
from local_aws.table_items import TableItems

# Held while a request is processed: whoever holds it sees a transaction completely or not at all.
between_requests = threading.RLock()


def install(folder: Path) -> None:
    """Make every table keep its items in a log below ``folder``."""
    TableItems.folder = folder
    dynamodb.defaultdict = TableItems
    provisioners.defaultdict = TableItems  # for tables created by CloudFormation
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
    """Delete the logs of a killed engine: the saved state has links to the saved ones."""
    shutil.rmtree(TableItems.folder, ignore_errors=True)
    TableItems.folder.mkdir()
