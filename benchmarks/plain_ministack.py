"""Measures ministack by itself, with lists in a table: ``python -m benchmarks.plain_ministack LISTS FOLDER``.

It prints a JSON object: ``bytes`` of memory for each list, ``seconds`` of a save without changes, ``peak`` bytes.
"""

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.lists import TABLE_KEYS, wire_item


def main(lists: int, folder: str) -> None:
    os.environ |= {"PERSIST_STATE": "1", "STATE_DIR": folder}
    # Imported late: ministack reads its settings on import.
    from ministack.core import persistence  # noqa: PLC0415
    from ministack.services import dynamodb  # noqa: PLC0415

    def ask(action: str, **request: Any) -> None:
        target = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        status = asyncio.run(dynamodb.handle_request("POST", "/", target, json.dumps(request).encode(), {}))[0]
        if status != 200:
            raise RuntimeError(f"{action} must be answered by 200, got {status}")

    ask("CreateTable", TableName="lists", **TABLE_KEYS)
    ask("PutItem", TableName="lists", Item=wire_item(0))
    before = _resident()
    for first in range(0, lists, 25):
        puts = [{"PutRequest": {"Item": wire_item(user)}} for user in range(first, min(first + 25, lists))]
        ask("BatchWriteItem", RequestItems={"lists": puts})
    held = _resident() - before
    begun = time.perf_counter()
    persistence.save_all({"dynamodb": dynamodb.get_state})
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"bytes": held / lists, "seconds": seconds, "peak": peak}))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
