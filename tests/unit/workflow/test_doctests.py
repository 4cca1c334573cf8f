"""Every example in the workflow's docstrings is true."""

import doctest
import importlib
import pkgutil

import pytest

import workflow

MODULES = sorted(module.name for module in pkgutil.iter_modules(workflow.__path__, "workflow."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_to_check() -> None:
    finder = doctest.DocTestFinder()
    examples = [test.examples for name in MODULES for test in finder.find(importlib.import_module(name))]
    assert sum(map(len, examples)) >= 4
