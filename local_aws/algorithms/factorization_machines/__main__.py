"""The container's entry point: ``train``, as SageMaker calls it.

Exit code 0 means Completed. If it fails, the message is in ``/opt/ml/output/failure`` and the exit code is 1; as in
real jobs, it begins with ClientError if the request or the data must be fixed, and with AlgorithmError if the program
must. SIGTERM ends the process at once: there are no partial results to save.
"""

import sys
import traceback

from local_aws.algorithms.factorization_machines.settings import ClientError
from local_aws.algorithms.factorization_machines.training_job import run
from sagemaker_contract.job_paths import JobPaths


def main(arguments: list[str]) -> int:
    if arguments != ["train"]:
        sys.stderr.write("usage: python -m local_aws.algorithms.factorization_machines train\n")
        return 2
    paths = JobPaths.of_this_process()
    try:
        run(paths)
    except ClientError as error:
        return _fail(paths, f"ClientError: {error}")
    except Exception as error:
        traceback.print_exc()
        return _fail(paths, f"AlgorithmError: {type(error).__name__}: {error}")
    return 0


def _fail(paths: JobPaths, message: str) -> int:
    sys.stderr.write(f"{message}\n")
    paths.failure.parent.mkdir(parents=True, exist_ok=True)
    paths.failure.write_text(message, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
