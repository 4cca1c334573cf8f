"""The engine's process: ministack with topx's SageMaker in its Step Functions."""

import fcntl
import json
import logging
import os
import sys
import threading
from importlib import metadata

from topx.home import REPOSITORY
from topx.local import engine
from topx.local.engine_home import EngineHome
from topx.local.sagemaker_jobs.container_catalogue import Catalogue, ImageCatalogue

SUPPORTED = "1.5.33"

# For tests of retries: how many attempts of each SageMaker call are answered by ThrottlingException.
THROTTLED_ATTEMPTS = "TOPX_THROTTLED_ATTEMPTS"

# What topx takes from ministack beside its documented surface, by module.
_PRIVATE_NAMES = {
    "ministack.app": ("SERVICE_HANDLERS", "app", "main", "_build_persistence_save_dict"),
    "ministack.core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE", "extract_resource_arn"),
    "ministack.core.lambda_runtime": ("reset",),
    "ministack.core.persistence": ("save_state",),
    "ministack.core.responses": ("get_account_id", "get_region"),
    "ministack.core.router": ("SERVICE_PATTERNS",),
    "ministack.services.stepfunctions": (
        "_SERVICE_DISPATCH",
        "_ExecutionError",
        "_execute_task",
        "_executions",
        "_fail_execution",
        "_invoke_resource",
        "_run_execution",
    ),
}


class UnsupportedEngine(RuntimeError):
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
    """Run the engine until SIGTERM; returns when its state is written and its jobs are gone."""
    check_engine()
    # Imported late: ministack reads its settings from the environment when it is imported.
    from ministack import app  # noqa: PLC0415
    from ministack.core import lambda_runtime  # noqa: PLC0415

    from topx.local import sagemaker_endpoint, step_functions_hook  # noqa: PLC0415
    from topx.local.engine_application import EngineApplication  # noqa: PLC0415
    from topx.local.sagemaker_jobs import container_process  # noqa: PLC0415
    from topx.local.sagemaker_jobs.sdk_operations import SdkOperations  # noqa: PLC0415
    from topx.local.sagemaker_jobs.service import LocalSageMaker  # noqa: PLC0415
    from topx.local.sagemaker_jobs.throttling import Throttle  # noqa: PLC0415
    from topx.local.state_saver import StateSaver  # noqa: PLC0415

    port = int(os.environ["GATEWAY_PORT"])
    container_process.end_orphans(home.children)
    throttle = Throttle(int(os.environ.get(THROTTLED_ATTEMPTS, "0")))
    sagemaker = LocalSageMaker(home, catalogue, f"http://{engine.HOST}:{port}", throttle)
    saver = StateSaver()

    def before_shutdown() -> None:
        sagemaker.close()
        saver.give_way()

    def after_startup() -> None:
        # The first request to be checked should not wait for botocore's 5 MB model of SageMaker.
        threading.Thread(target=sagemaker.warm_up, args=(engine.ACCOUNT, engine.REGION), daemon=True).start()

    step_functions_hook.install(sagemaker, after_execution=saver.save)
    sagemaker_endpoint.install(SdkOperations(sagemaker))
    app.app = EngineApplication(app.app, save=saver.save, after_startup=after_startup, before_shutdown=before_shutdown)
    _write_address(home, port)
    sys.argv = sys.argv[:1]
    app.main()
    lambda_runtime.reset()  # its warm workers are processes, too


def _write_address(home: EngineHome, port: int) -> None:
    draft = home.address.with_suffix(".draft")
    address = {"pid": os.getpid(), "port": port, "region": engine.REGION, "account": engine.ACCOUNT}
    draft.write_text(json.dumps(address), encoding="utf-8")
    draft.replace(home.address)


def run(catalogue: Catalogue | None = None) -> None:
    """The process's whole life: be the only engine of this home, serve, and leave nothing behind."""
    home = EngineHome.default()
    home.make_folders()
    with home.running_lock.open("a") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"an engine is already running for {home.root}")
        os.chdir(REPOSITORY)
        serve(home, catalogue or ImageCatalogue(home))
        logging.shutdown()
        # Threads of executions that were under way may never end; they must not keep the process.
        os._exit(0)


if __name__ == "__main__":
    run()
