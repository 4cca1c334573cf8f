"""The engine's process: ministack with topx's SageMaker in its Step Functions."""

import fcntl
import json
import logging
import os
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from topx.home import REPOSITORY
from topx.local import engine, home_secret
from topx.local.engine_home import CACHES, EngineHome
from topx.local.sagemaker_jobs.container_catalogue import Catalogue, ImageCatalogue
from topx.problem import Problem

if TYPE_CHECKING:
    from topx.local.state_saver import StateSaver

SUPPORTED = "1.5.33"

# For tests of retries: how many attempts of each SageMaker call are answered by ThrottlingException.
THROTTLED_ATTEMPTS = "TOPX_THROTTLED_ATTEMPTS"

# Likewise: how many of the first jobs of a stage find no instance, as in pr:1,nn:2.
SHORTAGE = "TOPX_SHORTAGE"

# For tests of permissions: the file to which every call of a role is written.
ACCESS_RECORD = "TOPX_ACCESS_RECORD"

# What topx takes from ministack beside its documented surface, by module.
_PRIVATE_NAMES = {
    "ministack.app": (
        "AUTH",
        "SERVICE_HANDLERS",
        "app",
        "main",
        "pin_request_origin",
        "save_all",
        "_build_persistence_save_dict",
        "_get_module",
        "_handle_post_body_shortcuts",
        "_handle_pre_body_request",
        "_handle_special_data_plane_request",
        "_load_persisted_state",
        "_state_map",
    ),
    "ministack.core.arn": ("parse_arn",),
    "ministack.core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "access_denied_response",
        "extract_resource_arn",
        "identity_denial_message",
    ),
    "ministack.core.iam_evaluator": (
        "CredentialResolutionError",
        "EvalContext",
        "enforce",
        "evaluate_resource_policy",
        "is_root_access_key",
        "pin_request_origin",
        "resolve_credential",
        "_request_origin",
    ),
    "ministack.core.lambda_runtime": ("execution_credentials", "reset"),
    "ministack.core.persistence": ("_json_default", "_json_object_hook", "_state_format_version"),
    "ministack.core.responses": ("get_account_id", "get_region", "_account_from_sts_session"),
    "ministack.core.router": ("SERVICE_PATTERNS",),
    "ministack.core.sigv4": ("decode_header_value",),
    "ministack.services.eventbridge": ("_dispatch_to_sqs", "_invoke_target"),
    "ministack.services.iam": ("_roles",),
    "ministack.services.lambda_svc": ("_externalize_code_zip", "execution_credentials"),
    "ministack.services.s3": ("_persist_object",),
    "ministack.services.stepfunctions": (
        "_SERVICE_DISPATCH",
        "_ExecutionError",
        "_call_lambda",
        "_execute_task",
        "_executions",
        "_fail_execution",
        "_invoke_resource",
        "_run_distributed_map",
        "_run_execution",
        "_s3_object_text",
        "_state_machines",
    ),
    "ministack.services.sts": ("register_session", "_sessions"),
}


logger = logging.getLogger("topx.engine")


class UnsupportedEngine(Problem):
    """The installed ministack is not the one that topx knows from the inside."""


def check_engine() -> None:
    """Make sure that the installed ministack is the supported one.

    Raises:
        UnsupportedEngine: for another version, or one that lacks a name that topx relies on.
    """
    installed = metadata.version("ministack")
    if installed != SUPPORTED:
        raise UnsupportedEngine(
            f"ministack {installed} is installed, topx supports {SUPPORTED}: install requirements.lock again"
        )
    for module_name, names in _PRIVATE_NAMES.items():
        module = __import__(module_name, fromlist=["_"])
        missing = [name for name in names if not hasattr(module, name)]
        if missing:
            raise UnsupportedEngine(
                f"{module_name} has no {', '.join(missing)}, which topx relies on: it supports ministack {SUPPORTED}"
            )


def serve(home: EngineHome, catalogue: Catalogue) -> None:
    """Run the engine until SIGTERM; returns when its state is written and its jobs are gone.

    Raises:
        StateUnreadable: when the state that was saved last cannot be used; nothing is changed then.
    """
    check_engine()
    key = home_secret.administrator(home)
    # ministack's own name for its administrator. Processes that it starts get other credentials, or none.
    os.environ |= {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
    # Imported late: ministack reads its settings from the environment when it is imported.
    from ministack import app  # noqa: PLC0415
    from ministack.core import lambda_runtime  # noqa: PLC0415
    from ministack.services import lambda_svc  # noqa: PLC0415

    from topx.local import (  # noqa: PLC0415
        access_record,
        authorization,
        closed_routes,
        durable_objects,
        engine_leftovers,
        role_sessions,
        sagemaker_endpoint,
        schedule_role,
        step_functions_hook,
    )
    from topx.local.engine_application import EngineApplication  # noqa: PLC0415
    from topx.local.engine_gate import EngineGate  # noqa: PLC0415
    from topx.local.sagemaker_jobs.sdk_operations import SdkOperations  # noqa: PLC0415
    from topx.local.sagemaker_jobs.service import LocalSageMaker  # noqa: PLC0415
    from topx.local.sagemaker_jobs.shortage import Shortage  # noqa: PLC0415
    from topx.local.sagemaker_jobs.throttling import Throttle  # noqa: PLC0415
    from topx.local.state_generations import StateGenerations  # noqa: PLC0415
    from topx.local.state_saver import StateSaver  # noqa: PLC0415

    port = int(os.environ["GATEWAY_PORT"])
    engine_leftovers.clear(home)
    throttle = Throttle(int(os.environ.get(THROTTLED_ATTEMPTS, "0")))
    shortage = Shortage.parse(os.environ.get(SHORTAGE, ""))
    authorization.count_loopback_as_secure()
    authorization.name_resources()
    if ACCESS_RECORD in os.environ:
        access_record.install(Path(os.environ[ACCESS_RECORD]))
    sagemaker = LocalSageMaker(
        home,
        catalogue,
        f"http://{engine.HOST}:{port}",
        authorization.role_of_a_job,
        throttle=throttle,
        shortage=shortage,
    )
    saver = StateSaver(StateGenerations(home.state))
    saver.restore()

    def after_startup() -> None:
        # The first request to be checked should not wait for botocore's 5 MB model of SageMaker.
        threading.Thread(target=sagemaker.warm_up, args=(engine.REGION,), daemon=True).start()

    step_functions_hook.install(sagemaker, save=saver.save)
    schedule_role.install()
    sagemaker_endpoint.install(SdkOperations(sagemaker))
    durable_objects.install()
    role_sessions.install()
    closed_routes.install()
    lambda_svc._externalize_code_zip = _keep_code_inline
    app._load_persisted_state = lambda: None  # restored above, where a fault can still stop the start
    app.save_all = lambda _: _save_at_the_end(saver)
    behind = EngineApplication(
        app.app, home=home.root, save=saver.save, after_startup=after_startup, before_shutdown=sagemaker.close
    )
    app.app = EngineGate(behind, port=port, administrator=key)
    _write_address(home, port)
    sys.argv = sys.argv[:1]
    app.main()
    lambda_runtime.reset()  # its warm workers are processes, too


def _save_at_the_end(saver: "StateSaver") -> None:
    """The last save; what keeps it from being written is for the log, because nobody waits for an answer any more."""
    try:
        saver.save_at_the_end()
    except OSError:
        logger.exception("what was done since the last save is lost")


def _keep_code_inline(function: dict[str, Any], referenced: set[str]) -> None:
    """Leave a function's code in its record: files beside the state would be changed before the state is saved."""


def _write_address(home: EngineHome, port: int) -> None:
    draft = home.address.with_suffix(".draft")
    address = {"pid": os.getpid(), "port": port, "region": engine.REGION, "account": engine.ACCOUNT}
    draft.write_text(json.dumps(address), encoding="utf-8")
    draft.replace(home.address)


def run(catalogue: Catalogue | None = None) -> None:
    """The process's whole life: be the only engine of this home, serve, and leave nothing behind."""
    os.umask(0o077)  # also of the jobs and the functions that it starts
    home = EngineHome.default()
    home.make_folders()
    with home.running_lock.open("a") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _decline(f"an engine is already running for {home.root}")
        for place in (home, EngineHome(CACHES)):
            place.close()  # what an earlier version left open
        home.address.unlink(missing_ok=True)  # of an engine that was killed; its process id may be another's by now
        os.chdir(REPOSITORY)
        try:
            serve(home, catalogue or ImageCatalogue(home))
        except Problem as problem:
            _decline(str(problem))
        logging.shutdown()
        # Threads of executions that were under way may never end; they must not keep the process.
        os._exit(0)


def _decline(why: str) -> NoReturn:
    print(why, file=sys.stderr, flush=True)
    os._exit(engine.DECLINED)  # what ministack has begun meanwhile is not waited for


if __name__ == "__main__":
    run()
