import pytest

from lambdas.publishing.version_pointer import VersionPointer
from tests.unit.lambdas.conftest import Aws


@pytest.fixture
def versions(aws: Aws) -> VersionPointer:
    """The versions of an empty table."""
    return VersionPointer(aws.table)
