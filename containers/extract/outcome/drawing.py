"""The job that renders a run's outcome page, from its inputs to outcome.html."""

import json
import time
from pathlib import Path
from typing import Any

import duckdb

from containers.extract.data.run_inputs import RunInputError, read_run
from containers.extract.lists.examples import Example, ExampleItem, MarkedExample, MarkedItem
from containers.extract.outcome.difference import BEFORE, NOW, SHOWN_ITEMS, Difference, compare_versions
from containers.extract.outcome.page import Before, outcome_page
from containers.extract.outcome.published_lists import PARTS, lists_database, lists_of, show
from contract.documents import ChampionNote
from sagemaker_contract.job_paths import JobPaths


def draw_outcome(paths: JobPaths) -> None:
    """Compare the published lists with those of the previous version, and write the page.

    Args:
        paths: inputs ``plan``, ``summary``, ``evaluation``, ``outcome``, ``facts``, ``items``, ``lists``, and
            ``champion`` if there is a previous version; output ``outcome``.

    Raises:
        RunInputError: if an input is missing or invalid.
    """
    run = read_run(paths)
    evaluation = paths.processing_input("evaluation")
    if not any(paths.processing_input("lists").glob(PARTS)):
        raise RunInputError("there are no published lists among the inputs of this job")
    output = paths.processing_output("outcome")
    with lists_database(output.parent.parent) as database:
        show(database, NOW, paths.processing_input("lists"))
        started = time.monotonic()
        before = _before(database, run.champion, paths.processing_input("champion"))
        print(f"compared with {before.version or 'nothing'} ({time.monotonic() - started:.1f} s)", flush=True)
        examples = _examples(database, _json(evaluation / "examples.json"), before.difference)
        titles = _titles(database, paths.processing_input("items"), _named(before.difference))
    html = outcome_page(
        run,
        published=_json(paths.processing_input("outcome") / "outcome.json"),
        metrics=_json(evaluation / "metrics.json"),
        facts=_json(paths.processing_input("facts") / "facts.json"),
        before=before,
        titles=titles,
        examples=examples,
    )
    output.mkdir(parents=True, exist_ok=True)
    (output / "outcome.html").write_text(html, encoding="utf-8")


def _before(database: duckdb.DuckDBPyConnection, champion: ChampionNote | None, folder: Path) -> Before:
    """The previous version and how its lists differ, or why that is unknown."""
    if champion is None:
        return Before(None)
    version = str(champion["version"])
    if not any(folder.glob(PARTS)):
        return Before(version, reason=champion["fault"] or "its lists are missing")
    try:
        show(database, BEFORE, folder)
        return Before(version, compare_versions(database))
    except duckdb.Error as error:
        return Before(version, reason=f"its lists cannot be read: {str(error).splitlines()[0]}")


def _examples(
    database: duckdb.DuckDBPyConnection, examples: list[Example], difference: Difference | None
) -> list[MarkedExample]:
    """The users in the report, compared with their previous lists."""
    users = [example["user"] for example in examples]
    most = difference.length if difference else 0
    before = lists_of(database, BEFORE, users, most) if difference else {}

    def marked(user: str, item: ExampleItem) -> MarkedItem:
        return {**item, "new": item["id"] not in before[user] if user in before else None}

    return [
        {
            "user": example["user"],
            "history": example["history"],
            "recommended": [marked(example["user"], item) for item in example["recommended"]],
        }
        for example in examples
    ]


def _named(difference: Difference | None) -> set[str]:
    """The items that the page names."""
    if difference is None:
        return set()
    of_users = {
        item for user in difference.most_changed for item in [*user.now[:SHOWN_ITEMS], *user.before[:SHOWN_ITEMS]]
    }
    return of_users | {item.id for item in [*difference.gained, *difference.lost]}


def _titles(database: duckdb.DuckDBPyConnection, folder: Path, items: set[str]) -> dict[str, str]:
    """The titles of those items that have one in this run's data."""
    query = "SELECT item, title FROM read_parquet(?) WHERE title IS NOT NULL AND item IN (SELECT unnest(?::VARCHAR[]))"
    return dict(database.execute(query, [str(folder / "items.parquet"), sorted(items)]).fetchall())


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise RunInputError(f"{file.name} cannot be read: {error}") from error
