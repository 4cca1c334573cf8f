"""Which process stands in for which container image."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local_aws.engine_home import EngineHome
from local_aws.environments import interpreter

# The stand-ins for SageMaker's built-in algorithms.
FACTORIZATION_MACHINES = "local_aws/algorithms/factorization_machines"
NEAREST_NEIGHBOURS = "local_aws/algorithms/nearest_neighbours"
_ALGORITHMS = {"factorization-machines:1": FACTORIZATION_MACHINES, "knn:1": NEAREST_NEIGHBOURS}
# The container that also starts MXNet's interpreter, to read a model's parameters.
_WITH_MXNET = "containers/extract"

_LIBRARIES = {
    "containers/prepare": ("duckdb", "numba", "numpy"),
    "containers/extract": ("duckdb", "jinja2", "matplotlib.figure", "numba", "numpy"),
    FACTORIZATION_MACHINES: ("numba", "numpy"),
    NEAREST_NEIGHBOURS: ("faiss", "numba", "numpy", "orjson"),
}


@dataclass(frozen=True)
class Container:
    """How to start a container's process; arguments such as ``train`` are appended.

    If there are ``libraries``, which all its jobs import and which take long to import, the command is ``(interpreter,
    "-m", module)``.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    libraries: tuple[str, ...] = ()


class Catalogue(Protocol):
    """The known images, and how to start the process for each."""

    def knows(self, image: str) -> bool:
        """Whether there is such an image."""

    def container(self, image: str) -> Container:
        """The process for a known image; may have to install its environment first."""


def repository_and_tag(image: str) -> str:
    """The last part of an image's URI.

    >>> repository_and_tag("382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1")
    'knn:1'
    """
    return image.rsplit("/", 1)[-1]


class ImageCatalogue:
    """The built-in algorithms by repository name, our own images by the tag in ``images.json``."""

    def __init__(self, home: EngineHome, python_of: Callable[[str], Path] = interpreter) -> None:
        self._home = home
        self._python_of = python_of

    def knows(self, image: str) -> bool:
        return self._folder(image) is not None

    def container(self, image: str) -> Container:
        folder = self._folder(image)
        if folder is None:
            raise LookupError(f"no folder stands for the image {image}")
        environment = {"MXNET_PYTHON": str(self._python_of(f"{_WITH_MXNET}/mxnet"))} if folder == _WITH_MXNET else {}
        command = (str(self._python_of(folder)), "-m", folder.replace("/", "."))
        return Container(command, environment, _LIBRARIES.get(folder, ()))

    def _folder(self, image: str) -> str | None:
        name = repository_and_tag(image)
        if name in _ALGORITHMS:
            return _ALGORITHMS[name]
        try:
            folders = json.loads(self._home.images.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        folder = folders.get(name.rsplit(":", 1)[-1])
        return None if folder is None else str(folder)
