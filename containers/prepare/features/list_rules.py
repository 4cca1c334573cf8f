"""Applies the list rules: which items lists may contain, and which seen items each user's list leaves out."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from dataclasses import dataclass

import duckdb

from containers.prepare.features.side_features import EncodedSide
from contract.documents import UnknownNames
from contract.list_rules import ListRules, Selection, unknown_names
from contract.request_document import ExcludeSeen

_SHOWN_UNKNOWN = 3
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Applied:
    """The result of the rules: how many items are allowed, and by rule how many names the data lacks."""

    items: int
    servable: int
    unknown: dict[str, UnknownNames]

    def faults(self) -> list[str]:
        """Whether anything is left to recommend."""
        if self.servable:
            return []
        named = "; ".join(f"{rule} names {unknown_names(found)}" for rule, found in self.unknown.items())
        return [
            f"the rules leave none of {self.items:,} items{f' ({named})' if named else ''}; change only and exclude in "
            "input/rules.json or in the run's rules"
        ]


def apply(database: duckdb.DuckDBPyConnection, rules: ListRules, items: EncodedSide) -> Applied:
    """Add ``servable`` to ``items``: whether lists may contain the item.

    Names that the data lacks are no error: a list of ids may be older than the catalogue.

    Args:
        items: the items' side features, by whose values rules select.
    """
    unknown: dict[str, UnknownNames] = {}
    for rule, selection in (("exclude", rules.exclude), ("only", rules.only)):
        missing = _select(database, rule, selection, items) if selection else []
        if missing:
            unknown[rule] = {"count": len(missing), "examples": missing[:_SHOWN_UNKNOWN]}
    shown = "item_index IN (FROM selected_only)" if rules.only else "true"
    hidden = "item_index IN (FROM selected_exclude)" if rules.exclude else "false"
    database.execute("ALTER TABLE items ADD COLUMN servable BOOLEAN")
    database.execute(f"UPDATE items SET servable = {shown} AND NOT {hidden}")
    database.execute("DROP TABLE IF EXISTS selected_exclude; DROP TABLE IF EXISTS selected_only")
    ((count, servable),) = database.execute("SELECT count(*), count(*) FILTER (servable) FROM items").fetchall()
    return Applied(count, servable, unknown)


def left_out(exclude_seen: ExcludeSeen) -> str:
    """SQL over ``pairs`` joined to ``items``: whether the user's list leaves the item out as seen.

    With ``{"days": n}``, only items are left out that the user last had on the day (UTC) of the data's latest
    interaction or in the n days before it, so that regular purchases can be recommended again. It counts whole days,
    because times may be dates. Items that no list may contain are not left out.
    """
    if isinstance(exclude_seen, bool):
        return "servable" if exclude_seen else "false"
    first_day = f"(SELECT floor(max(time) / {_SECONDS_A_DAY}) - {exclude_seen['days']} FROM pairs)"
    return f"coalesce(time >= {_SECONDS_A_DAY} * {first_day}, false) AND servable"


def _select(database: duckdb.DuckDBPyConnection, rule: str, selection: Selection, items: EncodedSide) -> list[str]:
    """Create ``selected_<rule>`` with the items that it names; return the ids and values that the data lacks."""
    columns, missing = [], []
    for feature in selection.features:
        known = items.columns_of(feature.column)
        columns += [known[value] for value in feature.values if value in known]
        missing += [f"{feature.column} {value}" for value in feature.values if value not in known]
    database.execute(
        "CREATE TEMP TABLE named AS SELECT DISTINCT unnest($ids::VARCHAR[]) AS item_id", {"ids": list(selection.ids)}
    )
    database.execute(
        f"""
        CREATE TEMP TABLE selected_{rule} AS
        SELECT item_index FROM items JOIN named USING (item_id)
        UNION
        SELECT item_index FROM item_features WHERE feature IN (SELECT unnest($columns::INTEGER[]))
        """,
        {"columns": columns},
    )
    absent = database.execute("SELECT item_id FROM named WHERE item_id NOT IN (SELECT item_id FROM items) ORDER BY 1")
    missing = [name for (name,) in absent.fetchall()] + missing
    database.execute("DROP TABLE named")
    return missing
