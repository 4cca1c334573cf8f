"""ministack for tests of the functions, behind the engine's gate, so that test programs are not open either.

Without IAM: functions' permissions are tested elsewhere. Started as a module.
"""

# ruff: noqa: PLC0415 - the tests import this file for its key only

import os
import secrets

REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": f"AKIA{secrets.token_hex(8).upper()}",
    "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
    "AWS_DEFAULT_REGION": REGION,
}


def main() -> None:
    from ministack import app

    from local_aws import closed_routes, role_sessions
    from local_aws.engine_gate import EngineGate
    from local_aws.sagemaker_jobs.role_credentials import RoleCredentials

    role_sessions.install()
    closed_routes.install()
    key = RoleCredentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], None)
    app.app = EngineGate(app.app, port=int(os.environ["GATEWAY_PORT"]), administrator=key)
    app.main()


if __name__ == "__main__":
    main()
