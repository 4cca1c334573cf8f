"""The engine's process: ``python -m local_aws.engine_process HOME`` runs ministack, extended by SageMaker."""

import fcntl
import importlib
import json
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from local_aws import engine, home_secret, ministack_names, owner_only
from local_aws.engine_home import HOME_FOLDERS, EngineHome
from local_aws.places import CACHE_FOLDERS, CACHES, ROOT
from local_aws.problem import EmbeddedAwsProblem
from local_aws.sagemaker_jobs.container_catalogue import Catalogue, ImageCatalogue

if TYPE_CHECKING:
    from local_aws.state_saver import StateSaver

logger = logging.getLogger("local_aws.engine")


def serve(home: EngineHome, catalogue: Catalogue) -> None:
    """Run the engine until SIGTERM; returns when its state is saved and its jobs have ended.

    Raises:
        StateUnreadable: if the saved state cannot be used; nothing is changed then.
    """
    ministack_names.check()
    key = home_secret.administrator(home)
    # ministack's own name for its administrator. Processes that it starts get other credentials, or none.
    os.environ |= {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
    # Imported late, because ministack reads its settings from the environment on import.
    from ministack import app  # noqa: PLC0415
    from ministack.core import lambda_runtime  # noqa: PLC0415
    from ministack.services import lambda_svc  # noqa: PLC0415

    from local_aws import (  # noqa: PLC0415
        authorization,
        closed_routes,
        durable_objects,
        engine_leftovers,
        items_on_disk,
        object_expiry,
        objects_on_disk,
        role_sessions,
        sagemaker_endpoint,
        schedule_role,
        step_functions_hook,
    )
    from local_aws.engine_application import EngineApplication  # noqa: PLC0415
    from local_aws.engine_gate import EngineGate  # noqa: PLC0415
    from local_aws.sagemaker_jobs.sdk_operations import SdkOperations  # noqa: PLC0415
    from local_aws.sagemaker_jobs.service import LocalSageMaker  # noqa: PLC0415
    from local_aws.state_generations import StateGenerations  # noqa: PLC0415
    from local_aws.state_saver import StateSaver  # noqa: PLC0415

    port = int(os.environ["GATEWAY_PORT"])
    engine_leftovers.clear(home)
    if engine.HOOK in os.environ:
        importlib.import_module(os.environ[engine.HOOK]).install()
    authorization.count_loopback_as_secure()
    authorization.name_resources()
    sagemaker = LocalSageMaker(
        home, catalogue, f"http://{engine.HOST}:{port}", authorization.role_of_a_job, objects_on_disk.of_role
    )
    items_on_disk.install(home.items)
    saver = StateSaver(StateGenerations(home.state))
    saver.restore()

    def after_startup() -> None:
        # The first validated request should not wait for botocore's 5 MB model of SageMaker.
        threading.Thread(target=sagemaker.warm_up, args=(engine.REGION,), daemon=True).start()
        object_expiry.start()

    step_functions_hook.install(sagemaker, save=saver.save)
    schedule_role.install()
    sagemaker_endpoint.install(SdkOperations(sagemaker), sagemaker.tags_of)
    durable_objects.install()
    object_expiry.install()
    objects_on_disk.install()
    role_sessions.install()
    closed_routes.install()
    lambda_svc._externalize_code_zip = _keep_code_inline
    app._load_persisted_state = lambda: None  # restored above, where an error can still prevent the start
    app.save_all = lambda _: _save_at_the_end(saver)
    behind = EngineApplication(
        app.app, home=home.root, save=saver.save, after_startup=after_startup, before_shutdown=sagemaker.close
    )
    app.app = EngineGate(behind, port=port, administrator=key)
    _write_address(home, port)
    sys.argv = sys.argv[:1]  # ministack reads it, too
    app.main()
    lambda_runtime.reset()  # its warm workers are processes, too


def _save_at_the_end(saver: "StateSaver") -> None:
    """The last save; an error can only be logged, because no client is waiting for an answer any more."""
    try:
        saver.save_at_the_end()
    except OSError:
        logger.exception("changes since the last save are lost")


def _keep_code_inline(function: dict[str, Any], referenced: set[str]) -> None:
    """Keep a function's code in its record: separate files would change before the state is saved."""


def _write_address(home: EngineHome, port: int) -> None:
    draft = home.address.with_suffix(".draft")
    address = {"pid": os.getpid(), "port": port, "region": engine.REGION, "account": engine.ACCOUNT}
    draft.write_text(json.dumps(address), encoding="utf-8")
    draft.replace(home.address)


def run(catalogue: Catalogue | None = None) -> None:
    """The process's whole life: become the only engine of this home, serve, and clean up."""
    os.umask(0o077)  # also for the jobs and the functions that it starts
    home = EngineHome(Path(sys.argv[1]).resolve())
    home.make_folders()
    with home.running_lock.open("a") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _decline(f"an engine is already running for {home.root}")
        # Files left readable by an earlier version.
        owner_only.close_what_is_ours(home.root, HOME_FOLDERS)
        owner_only.close_what_is_ours(CACHES, CACHE_FOLDERS)
        home.address.unlink(missing_ok=True)  # from a killed engine; its process id may have been reused by now
        os.chdir(ROOT)
        try:
            serve(home, catalogue or ImageCatalogue(home))
        except EmbeddedAwsProblem as problem:
            _decline(str(problem))
        logging.shutdown()
        # Threads of running executions may never end; they must not keep the process alive.
        os._exit(0)


def _decline(why: str) -> NoReturn:
    print(why, file=sys.stderr, flush=True)
    os._exit(engine.DECLINED)  # without waiting for what ministack has started meanwhile


if __name__ == "__main__":
    run()
