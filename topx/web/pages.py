"""The path of each page, and the run, version, user or item that it takes from the query."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeAlias

from contract.run_layout import RUN_ID, RunLayout
from topx import faults
from topx.deployment import Deployment
from topx.problem import Problem
from topx.run_files import object_at
from topx.web.difference_page import difference_page
from topx.web.explanation_page import explanation_page
from topx.web.markup import Page, element
from topx.web.request_rules import Refused
from topx.web.run_page import run_page
from topx.web.runs_page import runs_page
from topx.web.user_page import user_page
from topx.web.versions_page import versions_page

# "CreateStateMachine" and "StartExecution", Step Functions API reference, without characters that need quoting.
_EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ANYTHING = re.compile(r".+", re.DOTALL)

_Made: TypeAlias = "Page | bytes"


class StackPages:
    """The pages about one deployment.

    Args:
        deployment: the one to show.
        as_problems: a context that turns AWS errors into Problems.
        report_mistake: called with a bug in topx; the page says only that there is one.
    """

    def __init__(
        self,
        deployment: Deployment,
        as_problems: Callable[[], AbstractContextManager[None]],
        report_mistake: Callable[[BaseException], None],
    ) -> None:
        self._deployment, self._as_problems, self._report_mistake = deployment, as_problems, report_mistake
        self._pages: dict[str, tuple[Callable[..., _Made], dict[str, re.Pattern[str]], frozenset[str]]] = {
            "/": (runs_page, {}, frozenset()),
            "/run": (run_page, {"execution": _EXECUTION}, frozenset()),
            "/report": (_report, {"run": RUN_ID}, frozenset()),
            "/outcome": (_outcome, {"run": RUN_ID}, frozenset()),
            "/versions": (versions_page, {}, frozenset()),
            "/user": (user_page, {"id": _ANYTHING, "version": RUN_ID}, frozenset({"version"})),
            "/difference": (difference_page, {"id": _ANYTHING, "before": RUN_ID, "after": RUN_ID}, frozenset()),
            "/explain": (explanation_page, {"id": _ANYTHING, "item": _ANYTHING}, frozenset()),
        }

    def page(self, path: str, given: Mapping[str, str]) -> _Made:
        """The page at ``path``.

        Raises:
            Refused: if there is no such page, or the query is invalid.
        """
        if path not in self._pages:
            raise Refused(404, "There is no such page.")
        make, takes, optional = self._pages[path]
        # A form includes its empty fields in the URL.
        given = {name: value for name, value in given.items() if value}
        wrong = [name for name in given if name not in takes or not takes[name].fullmatch(given[name])]
        if wrong or not takes.keys() - optional <= given.keys():
            raise Refused(400, f"The page takes {', '.join(takes) or 'nothing'}.")
        try:
            with self._as_problems():
                return make(self._deployment, **given)
        except Problem as problem:
            return _problem(str(problem))
        except Exception as error:
            text = faults.explain(error)
            if text is None:
                self._report_mistake(error)
                return _problem(
                    "This page failed; the error is in the terminal where topx open was started.", status=500
                )
            return _problem(text)


def _problem(text: str, status: int = 404) -> Page:
    return Page("This cannot be shown", element("p", text), status=status)


def _report(deployment: Deployment, run: str) -> bytes:
    return _stored(deployment, RunLayout(deployment.bucket, run).report)


def _outcome(deployment: Deployment, run: str) -> bytes:
    return _stored(deployment, RunLayout(deployment.bucket, run).outcome_page)


def _stored(deployment: Deployment, key: str) -> bytes:
    found = object_at(deployment, key)
    if found is None:
        raise Problem("the run did not get as far as this page, or its files were deleted since then")
    return found
