"""The engine's process with the toy container behind every image named ``toy``. Started as a module by tests."""

import sys
from pathlib import Path

from local_aws import engine_process
from local_aws.sagemaker_jobs.container_catalogue import Container

TOY = Path(__file__).with_name("toy_container.py")


class ToyCatalogue:
    """One image, one container."""

    def knows(self, image: str) -> bool:
        return "/toy:" in image

    def container(self, image: str) -> Container:
        return Container((sys.executable, str(TOY)), {"MADE_BY": "the catalogue"})


if __name__ == "__main__":
    engine_process.run(ToyCatalogue())
