"""Every example in the docstrings of both contract packages and of the workflow is correct."""

import doctest
import importlib
import pkgutil

import pytest

import contract
import sagemaker_contract
import workflow

MODULES = sorted(
    module.name
    for package in (contract, sagemaker_contract, workflow)
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_to_check() -> None:
    finder = doctest.DocTestFinder()
    examples = [test.examples for name in MODULES for test in finder.find(importlib.import_module(name))]
    assert sum(map(len, examples)) >= 10
