"""Parses docs/extend.md's recipe for a new stage: the edits, and the tests that detect a missing one."""

import re
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(r"^## A new stage of the workflow\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\*\*(\d)\. `([\w/.]+)`\*\*.*?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FORGOTTEN = re.compile(r"^\| (\d), .+? \| (`test_.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(test_\w+)(?:\[(\w+)-…\])?`")


@dataclass(frozen=True)
class Edit:
    """A file that the recipe creates or changes: ``-`` and unmarked lines exist before, ``+`` and unmarked lines
    after.
    """

    path: str
    language: str
    block: str

    def make(self, repository: Path) -> None:
        """Make the edit in a copy of the repository."""
        path = repository / self.path
        if self.language != "diff":
            assert not path.exists(), f"{self.path} is there already"
            path.write_text(self.block, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        before, after = self._without("+"), self._without("-")
        assert text.count(before) == 1, f"{self.path} has these lines {text.count(before)} times:\n{before}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def _without(self, mark: str) -> str:
        lines = [line for line in self.block.splitlines(keepends=True) if not line.startswith(mark)]
        return "".join(line[1:] if line[0] in "+- " else line for line in lines)


@dataclass(frozen=True)
class Recipe:
    """The edits by number of their step, and for each step the tests that fail without it."""

    edits: dict[int, Edit]
    said_by: dict[int, list[tuple[str, str]]]


def recipe(page: str) -> Recipe:
    """What the page says. A test has a name, and the beginning of its parameter's if there is one."""
    section = _SECTION.search(page)
    assert section, "there is no section on a new stage"
    edits = {int(number): Edit(path, language, block) for number, path, language, block in _STEP.findall(section[1])}
    said_by: dict[int, list[tuple[str, str]]] = {}
    for number, tests in _FORGOTTEN.findall(section[1]):
        said_by.setdefault(int(number), []).extend(_TEST.findall(tests))
    return Recipe(edits, said_by)
