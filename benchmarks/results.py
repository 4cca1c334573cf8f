"""The measurements of ``make bench``: the rows of benchmarks/results.json.

``python -m benchmarks.results`` puts them into docs/performance.md.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.print_docs import DOCS, END, put

FILE = Path(__file__).with_name("results.json")
PAGE = DOCS / "performance.md"
MARK = "<!-- python -m benchmarks.results -->"
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Result:
    """One measurement, of topx and of another program in the same run.

    ``ratio`` is how many times better ours is; ``peak_bytes`` is the peak memory of the process that does the work.
    """

    what: str
    ours: str
    beside: str
    theirs: str
    ratio: float
    bar: str
    peak_bytes: int


def record(results: Iterable[Result], file: Path = FILE) -> None:
    """Print and store results, each replacing an earlier one of the same comparison."""
    kept = {(result.what, result.beside): result for result in (read(file) if file.exists() else [])}
    for result in results:
        ratio = f"{ratio_text(result.ratio)} x (bar: {result.bar})"
        print(f"{result.what}: {result.ours}; {result.beside}: {result.theirs}; {ratio}")
        kept[result.what, result.beside] = result
    file.write_text(json.dumps([asdict(result) for result in kept.values()], indent=2) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> list[Result]:
    """The latest measurements, in the order of first measurement."""
    return [Result(**row) for row in json.loads(file.read_text(encoding="utf-8"))]


def ratio_text(ratio: float) -> str:
    """Two decimals if they are significant.

    >>> ratio_text(2.163), ratio_text(1893.9)
    ('2.16', '1,894')
    """
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2f}"


def documentation_table() -> str:
    """All results as Markdown."""
    return "\n".join(
        [
            "| what | here | beside | there | ratio | bar | peak memory |",
            "|---|---|---|---|---|---|---|",
            *(
                f"| {row.what} | {row.ours} | {row.beside} | {row.theirs} | {ratio_text(row.ratio)} | {row.bar} "
                f"| {row.peak_bytes / _MEGABYTE:,.0f} MB |"
                for row in read()
            ),
        ]
    )


if __name__ == "__main__":
    put(PAGE, MARK, END, documentation_table())
