"""``python -m local_aws.algorithms.nearest_neighbours train`` or ``serve``, in the tree that ``OPT_ML`` names."""

import logging
import sys
import traceback

from local_aws.algorithms.nearest_neighbours.serving import serve
from local_aws.algorithms.nearest_neighbours.training import CUSTOMER_ERRORS, train
from sagemaker_contract.job_paths import JobPaths


def main(arguments: list[str]) -> int:
    """Run the container's command, and write the reason to a file if training fails."""
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="[%(asctime)s %(levelname)s] %(message)s",
        datefmt="%m/%d/%Y %H:%M:%S",
    )
    paths = JobPaths.of_this_process()
    if arguments == ["serve"]:
        serve(paths)
        return 0
    if arguments != ["train"]:
        sys.stderr.write(f"the argument must be train or serve, got {' '.join(arguments) or 'nothing'}\n")
        return 2
    try:
        train(paths)
    except Exception as error:
        traceback.print_exc()
        kind = "ClientError" if isinstance(error, CUSTOMER_ERRORS) else "AlgorithmError"
        paths.failure.parent.mkdir(parents=True, exist_ok=True)
        paths.failure.write_text(f"{kind}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
