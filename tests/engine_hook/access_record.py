"""Records every call that a role makes, to see which permissions a run needs."""

import json
import threading
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sts, tagging


def install(path: Path) -> None:
    """Write each call that ministack's evaluator checks to ``path``, as a line of JSON; equal ones once.

    Its fields: ``principal`` (the role session's ARN), ``action``, ``resource``, ``context`` (the request's condition
    keys, and the resource's tags) and ``allowed``. The administrator's calls are not recorded, because they are not
    evaluated.
    """
    enforce, lock, known = iam_evaluator.enforce, threading.Lock(), set[str]()

    def enforce_and_record(access_key: str, action: str, service: str, region: str, **more: Any) -> Any:
        refusal = enforce(access_key, action, service, region, **more)
        session = sts._sessions.get(access_key)
        if session is not None:
            resource = more.get("resource_arn", "*")
            tags = tagging.resource_tags(resource) if service == "sagemaker" else None
            call = {
                "principal": session["Arn"],
                "action": action,
                "resource": resource,
                "context": (more.get("service_context") or {})
                | {f"aws:ResourceTag/{name}": value for name, value in (tags or {}).items()},
                "allowed": refusal is None,
            }
            line = json.dumps(call, sort_keys=True, default=str)
            with lock:
                if line not in known:
                    known.add(line)
                    with path.open("a", encoding="utf-8") as record:
                        record.write(line + "\n")
        return refusal

    iam_evaluator.enforce = enforce_and_record
