import pytest

from local_aws.door import interpreter


@pytest.fixture(scope="session")
def mxnet_python() -> str:
    """The interpreter of the environment that has MXNet, built from its lock."""
    return str(interpreter("containers/extract/mxnet"))
